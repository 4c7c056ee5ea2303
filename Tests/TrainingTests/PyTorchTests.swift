import Testing
import Training

/// What PyTorch computes in double precision lies in `Tests/Fixtures/training`, with the script that wrote it.
@Suite("Training beside PyTorch")
struct PyTorchTests {
  private static let networks = [
    "conv-forms", "conv-1d", "conv-3d", "conv-grouped", "conv-depthwise", "conv-depthwise-multiplier",
    "conv-transpose", "conv-transpose-grouped", "batchnorm-of-features", "residual-option-a",
    "residual-projection", "se-gate-conv", "se-gate-linear", "dense-block", "inverted-residual",
    "shufflenet-unit", "flatten-gemm", "layer-norm-block", "convnext-block",
  ]
  private static let tolerance: Float = 1e-4

  @Test("the same constants are learned", arguments: networks)
  func parameters(name: String) throws {
    let network = try PyTorchCase(name)
    let learned = network.store.entries.filter(\.isTrainable).map(\.name).sorted()
    #expect(learned == network.names(under: "gradient/"))
    #expect(!learned.isEmpty)
  }

  @Test("outputs, loss, gradients and running statistics of a pass are the same", arguments: networks)
  func pass(name: String) throws {
    let network = try PyTorchCase(name)
    let loss = try network.pass()
    #expect(relativeError(network.output, try network.array("output")) <= Self.tolerance)
    #expect(relativeError([Float(loss)], try network.array("loss")) <= Self.tolerance)
    let least = 1e-3 * network.largestGradient
    for entry in network.store.entries {
      guard let gradient = network.store.gradient(of: entry) else { continue }
      let error = relativeError(gradient, try network.array("gradient/" + entry.name), least: least)
      #expect(error <= Self.tolerance, "gradient of \(entry.name)")
    }
    for name in network.names(under: "statistic/") {
      let entry = try #require(network.store.entry(named: name))
      let error = relativeError(network.store.elements(of: entry), try network.array("statistic/" + name))
      #expect(error <= Self.tolerance, "\(name)")
    }
  }

  @Test("ten steps with momentum and weight decay lead to the same parameters", arguments: networks)
  func steps(name: String) throws {
    let network = try PyTorchCase(name)
    let losses = try network.train(steps: 10)
    #expect(relativeError(losses.map(Float.init), try network.array("losses")) <= Self.tolerance)
    for entry in network.store.entries where entry.isTrainable {
      let error = relativeError(
        network.store.elements(of: entry), try network.array("trained/" + entry.name))
      #expect(error <= Self.tolerance, "\(entry.name)")
    }
  }
}
