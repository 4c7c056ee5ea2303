import Analysis
import Foundation
import GraphIR
import Kernels

/// A network that runs: kernels bound to buffers that were planned once, so that a run allocates nothing.
///
/// In training mode a run keeps what the backward pass reads, and ``backward()`` carries the gradient of a loss from
/// the outputs to the trainable parameters of the store. Not for use by two threads at once: kernels bring their own.
package final class Program {
  /// A graph input or output, as the caller sees it: row-major.
  package struct Port {
    package let value: ValueID
    package let name: String
    package let dims: [Int]
    package let scalar: ScalarType
    let address: UnsafeMutableRawPointer

    /// The elements of a tensor of floats.
    package var floats: UnsafeMutableBufferPointer<Float> {
      precondition(scalar == .float)
      return UnsafeMutableBufferPointer(
        start: address.assumingMemoryBound(to: Float.self), count: dims.reduce(1, *))
    }

    /// The elements of a tensor of integers or booleans.
    package var integers: UnsafeMutableBufferPointer<Int64> {
      precondition(scalar == .integer)
      return UnsafeMutableBufferPointer(
        start: address.assumingMemoryBound(to: Int64.self), count: dims.reduce(1, *))
    }
  }

  /// A kernel's task, with what it is called in messages and profiles.
  struct BoundTask {
    let label: String
    let kind: String
    let run: KernelTask
  }

  package let inputs: [Port]
  package let outputs: [Port]
  /// d loss / d output, by output: to be written before ``backward()``. Empty for inference.
  package let outputGradients: [Port]
  package let store: ParameterStore
  /// Bytes that activations, gradients and scratch memory take.
  package let arenaByteCount: Int

  private let arena: UnsafeMutableRawPointer
  private let constants: [UnsafeMutableRawPointer]
  private let kernels: [any Kernel]
  private let preparation: [BoundTask]
  private let forwardTasks: [BoundTask]
  private let backwardTasks: [BoundTask]
  private var isPrepared = false

  /// - Parameters:
  ///   - facts: with every input's shape known.
  ///   - outputs: what is wanted; the graph's own outputs if nil.
  /// - Throws: `no-kernel`, `unknown-shape`, `no-gradient`, each naming a node or value; `out-of-memory`.
  package init(
    _ model: Model, _ facts: GraphFacts, _ store: ParameterStore, outputs wanted: [ValueID]? = nil,
    _ settings: ProgramSettings
  ) throws {
    do { try ProductMemory.reserve() } catch { throw CompileError(error, "run") }
    let graph = model.graph
    let builder = try ProgramBuilder(
      model, facts, store, outputs: wanted ?? graph.outputs.map(\.value), settings)
    let backward = settings.mode == .training ? try BackwardPlan(builder) : nil
    let layout = ProgramLayout(builder, backward)
    guard layout.byteCount <= settings.memoryLimit, let arena = Self.allocate(layout.byteCount) else {
      throw CompileError(
        "out-of-memory",
        "running the network takes \(layout.byteCount) bytes, and may take \(settings.memoryLimit)",
        exit: .resources, hint: "use a smaller --batch-size")
    }
    let binder = ProgramBinder(builder, backward, layout, store, arena)
    self.store = store
    self.arena = arena
    arenaByteCount = layout.byteCount
    kernels = builder.steps.map(\.kernel)
    do {
      (preparation, forwardTasks) = try binder.forward()
      backwardTasks = try binder.backward()
    } catch {
      free(arena)
      for constant in binder.constants { constant.deallocate() }
      throw error
    }
    constants = binder.constants
    func port(_ value: ValueID, _ tensor: Int, _ address: UnsafeMutableRawPointer?) -> Port {
      let layout = builder.tensors[tensor].layout
      return Port(
        value: value, name: graph[value].name, dims: layout.dims, scalar: layout.scalar,
        address: address ?? arena)
    }
    inputs = builder.inputs.map { port($0.value, $0.tensor, binder.address(of: $0.tensor)) }
    outputs = builder.outputs.map { port($0.value, $0.tensor, binder.address(of: $0.tensor)) }
    outputGradients = zip(builder.outputs, backward?.outputGradients ?? []).map { output, buffer in
      port(output.value, output.tensor, arena + layout.gradientOffsets[buffer])
    }
  }

  deinit {
    free(arena)
    for constant in constants { constant.deallocate() }
  }

  /// Where Swift's own allocation would end the process, gives nil.
  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    aligned_alloc(64, (max(byteCount, 64) + 63) & ~63)
  }

  // MARK: - Running

  /// Computes the outputs from what the inputs hold.
  ///
  /// - Throws: `run` naming the node, where the numbers are at fault (an index out of range).
  package func forward() throws {
    if !isPrepared {
      for task in preparation { try run(task) }
      isPrepared = true
    }
    for task in forwardTasks { try run(task) }
  }

  /// Computes the gradients of the parameters from the gradients of the outputs, after ``forward()``.
  package func backward() throws {
    for task in backwardTasks { try run(task) }
  }

  /// Parameters were written to: what was derived from them is computed anew by the next run.
  package func parametersChanged() {
    isPrepared = false
    for case let kernel as any PreparesParameters in kernels { kernel.parametersChanged() }
  }

  /// Which of the masks dropout draws in the next run.
  package func setStep(_ step: UInt64) {
    for case let kernel as DropoutKernel in kernels { kernel.step = step }
  }

  @inline(__always)
  private func run(_ task: BoundTask) throws {
    do { try task.run() } catch {
      throw (error as? KernelError).map { CompileError($0, "run").at(task.label) } ?? error
    }
  }

  /// Seconds that one forward and one backward pass spend, by kind of kernel, longest first.
  package func profile() throws -> [(kind: String, seconds: Double)] {
    if !isPrepared { try forward() }
    var seconds: [String: Double] = [:]
    let clock = ContinuousClock()
    for (tasks, suffix) in [(forwardTasks, ""), (backwardTasks, ", backward")] {
      for task in tasks {
        let elapsed = try clock.measure { try run(task) }
        seconds[task.kind + suffix, default: 0] += elapsed / .seconds(1)
      }
    }
    return seconds.map { (kind: $0.key, seconds: $0.value) }.sorted {
      ($1.seconds, $0.kind) < ($0.seconds, $1.kind)
    }
  }
}
