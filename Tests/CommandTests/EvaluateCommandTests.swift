import Foundation
import TestSupport
import Testing

@Suite("fdskd-compile evaluate")
struct EvaluateCommandTests {
  private let model = Golden.example("digits/digits.onnx")
  private let data = Golden.example("digits/digits-test.npz")

  @Test("the accuracy of the example is what its README says")
  func digits() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let outcome = try command.run("evaluate", model, "--data", data, "--json", "--threads", "1")
    #expect(outcome.status == 0, "\(outcome.error)")
    let figures = try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    #expect(figures.samples == 450)
    #expect((figures.top1 * 450).rounded() == 447)
    #expect(figures.top5 >= figures.top1)
    #expect(figures.loss > 0 && figures.loss < 0.1)
    let table = try command.run("evaluate", model, "--data", data, "--batch-size", "7")
    #expect(table.output.contains("99.33%"))
    #expect(table.error == "")
  }

  private struct Figures: Decodable {
    let samples: Int
    let top1: Double
    let top5: Double
    let loss: Double
  }

  @Test(
    "data that does not fit is named",
    arguments: [
      (["--data", "missing.npz"], 1, "missing.npz"),
      (["--data", "missing.npz", "--batch-size", "0"], 2, "--batch-size"),
      (["--data", "missing.npz", "--mean", "0.5,x"], 2, "--mean"), ([], 2, "--data"),
    ] as [([String], Int32, String)])
  func badData(arguments: [String], status: Int32, mention: String) throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let outcome = try command.shell("\"$FDSKD\" evaluate '\(model)' " + arguments.joined(separator: " "))
    #expect(outcome.status == status)
    #expect(outcome.error.contains(mention), "\(outcome.error)")
    #expect(outcome.output == "")
  }
}
