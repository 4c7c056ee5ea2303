import FDSKD
import Foundation
import GraphIR
import ONNXFormat
import TestSupport
import Testing

/// Whole compilations, from file to file, byte for byte: graph with digests of its weights, kept indices, report.
@Suite("Golden files")
struct GoldenTests {
  static let networks = [
    "conv-chain", "residual-projection", "residual-option-a", "inverted-residual", "channel-shuffle",
    "c2f-chunk",
    "conv-grouped", "dense-block", "se-gate-conv", "reshape-computed", "zeroed-filters", "unknown-op",
  ]

  @Test("are what a compilation at rate 0.3 gives, twice in a row", arguments: networks)
  func network(name: String) throws { try check(Golden.fixture(name), named: name) }

  @Test("of the example are what a compilation at rate 0.3 gives")
  func digits() throws { try check(Golden.example("digits/digits.onnx"), named: "digits") }

  private func check(_ input: String, named name: String) throws {
    let first = try compile(input)
    let second = try compile(input)
    #expect(first.bytes == second.bytes)
    #expect(first.text == second.text)
    #expect(try Golden.difference(first.text, from: "\(name).txt") == nil)
    #expect(try Golden.difference(first.report, from: "\(name).report.json") == nil)
  }

  private func compile(_ input: String) throws -> (bytes: Data, text: String, report: String) {
    try Golden.withFolder { folder in
      let output = folder + "/out.onnx"
      do {
        let result = try Compiler().compile(input: input, output: output)
        return (try Golden.contents(output), try text(output, result), try report(result))
      } catch let failure as GateFailure {
        return (Data(), "\(Diagnostic(failure).code)\n", try report(failure.result))
      }
    }
  }

  /// The graph with a digest of every weight, and the members that every group keeps.
  private func text(_ output: String, _ result: CompileResult) throws -> String {
    let model = try ONNXImporter.load(output).model
    let kept = result.plan.groups.map {
      "kept \($0.id): \($0.kept.map(String.init).joined(separator: " "))\n"
    }
    return model.text(digest: Digest.short) + kept.joined()
  }

  /// Without what differs between machines and runs: paths and times.
  private func report(_ result: CompileResult) throws -> String {
    var report = result.report
    report.input.path = "in.onnx"
    report.output?.path = "out.onnx"
    report.timing = Report.Timing(totalSeconds: 0)
    // Rounding differs from machine to machine.
    report.check?.maxRelativeError = nil
    return try report.json() + "\n"
  }
}

@Suite("Stopping early")
struct StopAfterTests {
  private func compile(stoppingAfter pass: String, to output: String) throws -> CompileResult {
    var options = CompileOptions()
    options.stopAfter = pass
    return try Compiler(options: options).compile(input: Golden.fixture("conv-chain"), output: output)
  }

  @Test("after zero-filters writes the network that the compacted one must equal")
  func zeroFilters() throws {
    try Golden.withFolder { folder in
      let result = try compile(stoppingAfter: "zero-filters", to: folder + "/zeroed.onnx")
      let zeroed = try ONNXImporter.load(folder + "/zeroed.onnx").model.graph
      let input = try ONNXImporter.load(Golden.fixture("conv-chain")).model.graph
      let consumers = Set(
        result.plan.groups.flatMap(\.members).filter { $0.role == .consumer }.map(\.tensor))
      for (id, tensor) in input.constants {
        let other = zeroed.valuesByName[input[id].name].flatMap { zeroed.constants[$0] }
        #expect(other?.dims == tensor.dims)
        #expect((other?.bytes != tensor.bytes) == consumers.contains(input[id].name))
      }
    }
  }

  @Test("between cutting and mending writes nothing")
  func unfinished() throws {
    try Golden.withFolder { folder in
      let error = try #require(throws: (any Error).self) {
        try compile(stoppingAfter: "remove-zeroed-filters", to: folder + "/out.onnx")
      }
      #expect(Diagnostic(error).code == "unfinished" && Diagnostic(error).exitStatus == 2)
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.onnx"))
    }
  }

  @Test("after a pass that does not exist names the nearest")
  func unknownPass() throws {
    let error = try #require(throws: (any Error).self) { try compile(stoppingAfter: "zero-filter", to: "-") }
    #expect(Diagnostic(error).code == "no-such-pass" && Diagnostic(error).exitStatus == 2)
  }
}
