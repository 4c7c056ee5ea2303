import Analysis
import Datasets
import GraphIR
import Kernels
import ONNXFormat
import Operators
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the execution engine computes, and how fast, for scripts that compare it with other engines:
///
///     engine-probe gradients MODEL SAMPLES.npz FOLDER      outputs, gradients and statistics as .npy files
///     engine-probe steps MODEL SAMPLES.npz COUNT           the loss of every step of SGD, and a digest of the parameters
///     engine-probe train-bench MODEL SAMPLES.npz COUNT     images a second, processor time an image, peak memory, profile
///     engine-probe use-bench MODEL SAMPLES.npz COUNT       the same of inference
///
/// SAMPLES has `x` [N, …], one batch, and `y` [N]. Settings come from the environment: THREADS, LR, MOMENTUM, DECAY.
@main
enum Probe {
  static func main() {
    do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
      print("engine-probe: \(error)")
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    guard arguments.count == 4 else {
      print("engine-probe gradients|steps|train-bench|use-bench MODEL SAMPLES.npz FOLDER|COUNT")
      exit(2)
    }
    Parallel.setThreads(Int(setting("THREADS", 2)))
    let mode: KernelMode = arguments[0] == "use-bench" ? .inference : .training
    let network = try ProbedNetwork(arguments[1], arguments[2], mode)
    switch arguments[0] {
    case "gradients": try network.writeGradients(to: arguments[3])
    case "steps":
      for _ in 0..<(Int(arguments[3]) ?? 0) { print(try network.step()) }
      print(network.digest)
    case "train-bench": try network.bench(Int(arguments[3]) ?? 0) { _ = try network.step() }
    case "use-bench": try network.bench(Int(arguments[3]) ?? 0) { try network.program.forward() }
    default: print("engine-probe: there is no '\(arguments[0])'")
    }
  }

  static func setting(_ name: String, _ standard: Double) -> Double {
    getenv(name).flatMap { Double(String(cString: $0)) } ?? standard
  }
}
