import Foundation
import TestSupport
import Testing

@Suite("fdskd-compile check")
struct CheckCommandTests {
  private let digits = Executable.digits

  @Test("finds a network and what was compiled from it without loss equal")
  func equal() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    #expect(try command.run(digits, "-o", "same.onnx", "--rate", "0").status == 0)
    let outcome = try command.run("check", digits, "same.onnx")
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("3 batches: equal"))
    #expect(outcome.error == "")
  }

  @Test("finds a pruned network different, with the output and the element named")
  func different() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    #expect(try command.run(digits, "-o", "small.onnx", "--rate", "0.3").status == 0)
    let outcome = try command.run("check", digits, "small.onnx", "--batches", "1")
    #expect(outcome.status == 3)
    #expect(outcome.output.contains("1 batch: different"))
    #expect(outcome.output.contains(/: element \d+ is .*, expected .*, in batch 0/), "\(outcome.output)")
    let json = try command.run("check", digits, "small.onnx", "--json")
    #expect(json.status == 3)
    #expect(json.output.contains(/"equal":\s*false/) && json.output.contains(/"batches":\s*3/))
    #expect(try command.run("check", digits, "small.onnx", "--rtol", "1e6").status == 0)
  }

  /// A `TensorProto` of small dims, all zeros.
  private func write(_ dims: [UInt8], _ name: String, _ command: Executable) throws {
    let count = dims.reduce(4) { $0 * Int($1) }
    var bytes = Data(dims.flatMap { [0x08, $0] } + [0x10, 1, 0x4a])
    bytes += count < 128 ? [UInt8(count)] : [UInt8(count & 127 | 128), UInt8(count >> 7)]
    try (bytes + Data(count: count)).write(to: command.folder.appending(path: name))
  }

  @Test("compares with the outputs that an ONNX test data set expects, all of them")
  func testData() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    try write([1, 10], "output_0.pb", command)
    let incomplete = try command.run("check", digits, "--data", ".")
    #expect(incomplete.status == 1)
    #expect(incomplete.error.hasPrefix("error[test-data]: .: has no input_0.pb for "), "\(incomplete.error)")
    try write([1, 1, 8, 8], "input_0.pb", command)
    let outcome = try command.run("check", digits, "--data", ".")
    #expect(outcome.status == 3, "\(outcome.error)")
    #expect(outcome.output.contains(/element \d+ is .*, expected 0.0, in batch 0/), "\(outcome.output)")
    #expect(try command.run("check", digits, "--data", ".", "--atol", "1000").status == 0)
    try write([2, 10], "output_0.pb", command)
    let shape = try command.run("check", digits, "--data", ".", "--atol", "1000")
    #expect(shape.status == 3 && shape.output.contains("has shape [1, 10], expected [2, 10]"))
  }

  @Test("refuses models of other inputs, and command lines that say nothing")
  func refused() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let other = try command.run("check", digits, Golden.fixture("conv-chain"))
    #expect(other.status == 1)
    #expect(other.error.hasPrefix("error[interface-differs]: "), "\(other.error)")
    #expect(try command.run("check", digits).status == 2)
    #expect(try command.run("check", digits, digits, "--data", "d").status == 2)
    #expect(try command.run("check", digits, digits, "--batches", "0").status == 2)
    let nothing = try command.run("check", digits, "--data", ".")
    #expect(nothing.status == 1 && nothing.error.contains("has no output_0.pb"), "\(nothing.error)")
  }
}
