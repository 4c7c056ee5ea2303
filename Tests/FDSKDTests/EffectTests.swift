import FDSKD
import GraphIR
import TestSupport
import Testing

/// What a user asks for is done, or refused: nothing that is asked for is passed over.
@Suite("Patterns and flags")
struct EffectTests {
  private func inspect(_ name: String, _ change: (inout CompileOptions) -> Void) throws -> Report {
    var options = CompileOptions()
    change(&options)
    return try Compiler(options: options).inspect(input: Golden.fixture(name)).report
  }

  private func complaint(_ name: String, _ change: (inout CompileOptions) -> Void) -> String {
    do { _ = try inspect(name, change) } catch {
      #expect(Diagnostic(error).exitStatus == 2)
      return Diagnostic(error).description
    }
    return ""
  }

  @Test("reach every group by every name that reports print of it", arguments: GoldenTests.networks)
  func printedNames(network: String) throws {
    let report = try inspect(network) { _ in }
    for group in report.groups {
      let layers = group.members.filter { $0.role != .consumer }.flatMap { [$0.layer, $0.tensor] }
      for name in Set([group.id, "\(group.id) (+1)", "\(group.id) (+27)"] + layers) {
        let other = try inspect(network) { $0.layerRates = [.init(pattern: name, rate: 0.61)] }
        #expect(other.groups.first { $0.id == group.id }?.requestedRate == 0.61, "\(name)")
        let ignoring = try inspect(network) { $0.ignoredLayers = [name] }
        #expect(!ignoring.groups.contains { $0.id == group.id }, "\(name)")
      }
    }
  }

  @Test("that change nothing are errors that say why")
  func withoutEffect() throws {
    let network = "residual-projection"
    let report = try inspect(network) { _ in }
    let pinned = try #require(report.whyNot.last)
    let first = try #require(report.groups.first).id
    let rate = complaint(network) { $0.layerRates = [.init(pattern: pinned.layer, rate: 0.1)] }
    #expect(rate.hasPrefix("error[no-effect]: --layer-rate '\(pinned.layer)' has no effect: "))
    #expect(rate.contains("belongs to an output of the graph"))
    #expect(
      complaint(network) { $0.ignoredLayers = [pinned.layer] }.contains("--ignore-layers '\(pinned.layer)'"))
    let ignored = complaint(network) {
      $0.layerRates = [.init(pattern: first, rate: 0.1)]
      $0.ignoredLayers = [first]
    }
    #expect(ignored.contains("--ignore-layers keeps all channels of '\(first)'"))
    let overruled = complaint(network) {
      $0.layerRates = [.init(pattern: first, rate: 0.1), .init(pattern: "*", rate: 0.2)]
    }
    #expect(overruled.contains("--layer-rate '*' comes after it"))
    let global = complaint(network) {
      $0.layerRates = [.init(pattern: "*", rate: 0.1)]
      $0.isGlobal = true
    }
    #expect(global.contains("--global has no effect"))
  }

  @Test("of which some part has effect are no errors")
  func partly() {
    let all = complaint("residual-projection") {
      $0.layerRates = [.init(pattern: "*", rate: 0.1)]
      $0.ignoredLayers = ["*conv1*"]
    }
    #expect(all == "" || all.contains("no-such-layer"))
    #expect(complaint("unknown-op") { $0.layerRates = [.init(pattern: "*", rate: 0.1)] } == "")
  }

  @Test("dumps after the last pass are refused")
  func dumpAfterTheEnd() throws {
    var options = CompileOptions()
    options.stopAfter = "infer-shapes"
    options.dumpAfter = ["fix-up-channels"]
    options.isDryRun = true
    let error = try #require(throws: (any Error).self) {
      try Compiler(options: options).compile(input: Golden.fixture("conv-chain"), output: nil)
    }
    #expect(Diagnostic(error).description.contains("--stop-after 'infer-shapes' comes before it"))
  }
}

@Suite("Inspection")
struct InspectionTests {
  @Test("forecasts what a compilation does", arguments: GoldenTests.networks, [0.3, 0.7])
  func forecast(network: String, rate: Double) throws {
    var options = CompileOptions()
    options.rate = rate
    options.checkBatches = 0
    let compiler = Compiler(options: options)
    let inspected = try compiler.inspect(input: Golden.fixture(network)).report
    var compiled: Report
    do {
      compiled = try Golden.withFolder {
        try compiler.compile(input: Golden.fixture(network), output: $0 + "/out.onnx").report
      }
    } catch let failure as GateFailure { compiled = failure.result.report }
    #expect(inspected.output == nil)
    #expect(inspected.totals == compiled.totals)
    #expect(inspected.groups == compiled.groups)
    #expect(inspected.whyNot == compiled.whyNot)
    #expect(inspected.warnings == compiled.warnings)
    #expect(inspected.layers == compiled.layers)
  }
}
