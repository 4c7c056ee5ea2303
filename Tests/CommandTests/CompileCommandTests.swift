import FDSKD
import Foundation
import TestSupport
import Testing

@Suite("The commands at work")
struct CompileCommandTests {
  private let command: Executable

  init() throws { command = try Executable() }

  private func report(_ text: String) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(text.utf8))
  }

  @Test("the main job: a smaller model, and a table on the standard output")
  func mainJob() throws {
    defer { command.removeFolder() }
    let outcome = try command.run(Executable.digits, "-o", "out.onnx", "--rate", "0.3")
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("channels removed"))
    #expect(!outcome.output.contains("\u{1B}"))
    #expect(command.files == ["out.onnx"])
    let again = try command.run(Executable.digits, "second.onnx", "--pruning-ratio", "0.3", "-q")
    #expect(again.output == "")
    #expect(
      try Data(contentsOf: command.folder.appending(path: "out.onnx"))
        == Data(contentsOf: command.folder.appending(path: "second.onnx")))
  }

  @Test("--json prints the report alone, and reports go to every file named")
  func reports() throws {
    defer { command.removeFolder() }
    let outcome = try command.run(
      Executable.digits, "-o", "out.onnx", "--json", "--report", "r.json", "--report", "r.html", "--report",
      "r.md",
      "--report", "r.txt")
    #expect(outcome.status == 0, "\(outcome.error)")
    let printed = try report(outcome.output)
    #expect(try report(command.read("r.json")) == printed)
    #expect(printed.output?.path == "out.onnx")
    #expect(printed.totals.after.parameters ?? .max < printed.totals.before.parameters ?? 0)
    #expect(try command.read("r.html").hasPrefix("<!DOCTYPE html>"))
    #expect(try command.read("r.md").hasPrefix("# "))
    #expect(command.files == ["out.onnx", "r.html", "r.json", "r.md", "r.txt"])
  }

  @Test("a dry run writes the plan and no model; apply makes the same model of it")
  func planAndApply() throws {
    defer { command.removeFolder() }
    let dry = try command.run(
      Executable.digits, "-o", "out.onnx", "--dry-run", "--save-plan", "plan.json", "--no-metadata")
    #expect(dry.status == 0, "\(dry.error)")
    #expect(command.files == ["plan.json"])
    #expect(try command.run(Executable.digits, "-o", "a.onnx", "--no-metadata").status == 0)
    let apply = try command.run("apply", "plan.json", Executable.digits, "-o", "b.onnx", "--no-metadata")
    #expect(apply.status == 0, "\(apply.error)")
    #expect(
      try Data(contentsOf: command.folder.appending(path: "a.onnx"))
        == Data(contentsOf: command.folder.appending(path: "b.onnx")))
    let other = try command.run("apply", "plan.json", "a.onnx", "-o", "c.onnx")
    #expect(other.status == 1)
    #expect(other.error.contains("SHA-256"))
    #expect(!command.exists("c.onnx"))
  }

  @Test("inspect says what would go, and writes nothing")
  func inspect() throws {
    defer { command.removeFolder() }
    let outcome = try command.run("inspect", Executable.digits, "--json", "--rate", "0.5")
    #expect(outcome.status == 0, "\(outcome.error)")
    let report = try report(outcome.output)
    #expect(report.command == .inspect)
    #expect(report.output == nil)
    #expect(report.groups.contains { !$0.removed.isEmpty })
    #expect(command.files == [])
  }

  @Test("diff compares models and plans")
  func diff() throws {
    defer { command.removeFolder() }
    _ = try command.run(Executable.digits, "-o", "a.onnx", "--save-plan", "a.json")
    _ = try command.run(Executable.digits, "-o", "b.onnx", "--save-plan", "b.json", "--rate", "0.5")
    let models = try command.run("diff", Executable.digits, "a.onnx")
    #expect(models.status == 0, "\(models.error)")
    #expect(models.output.contains("→"))
    #expect(try command.run("diff", "a.onnx", "a.onnx").output.contains("no node, shape or value differs"))
    #expect(try command.run("diff", "a.json", "b.json").output.contains("only by b"))
    #expect(try command.run("diff", "a.json", "a.json", "--json").output.contains("\"groups\": []"))
  }

  @Test("a configuration file sets what no flag sets, and --save-config writes one")
  func configuration() throws {
    defer { command.removeFolder() }
    try command.write("rate: 0.5\ncriterion: l1\nreport: r.json\n", to: "c.yaml")
    let outcome = try command.run(
      Executable.digits, "-o", "out.onnx", "-c", "c.yaml", "--rate", "0.2", "--save-config", "saved.yaml")
    #expect(outcome.status == 0, "\(outcome.error)")
    let settings = try report(command.read("r.json")).settings
    #expect(settings.rate == 0.2)
    #expect(settings.criterion == .l1)
    #expect(try command.read("saved.yaml") == "rate: 0.2\ncriterion: \"l1\"\n")
  }

  @Test("a target that cannot be met is exit code 3: no model, but the reports")
  func gate() throws {
    defer { command.removeFolder() }
    let outcome = try command.run(
      Executable.digits, "-o", "out.onnx", "--target-params", "1", "--ignore-layers", "*", "--report",
      "r.json")
    // Which of the two speaks first is no matter: a layer cannot be ignored and shrunk.
    #expect(outcome.status == 3, "\(outcome.error)")
    #expect(outcome.error.contains("error["))
    #expect(command.files == ["r.json"])
    #expect(try report(command.read("r.json")).output == nil)
  }

  @Test("a pattern that matches nothing is exit code 2 with the nearest names")
  func patterns() throws {
    defer { command.removeFolder() }
    let outcome = try command.run(Executable.digits, "-o", "out.onnx", "--ignore-layers", "nothing-like-it")
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("'nothing-like-it' matches no layer"))
    #expect(command.files == [])
  }

  @Test("a standard output that is closed is exit code 4, and the files are there")
  func closedOutput() throws {
    defer { command.removeFolder() }
    let pipe = try command.shell(
      "{ \"$FDSKD\" '\(Executable.digits)' -o out.onnx --report r.json; echo $? > status; } | true; cat status"
    )
    #expect(["0", "4"].contains(pipe.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    let closed = try command.shell("\"$FDSKD\" '\(Executable.digits)' -o out2.onnx --report r2.json >&-")
    #expect(closed.status == 4)
    #expect(closed.error.contains("standard output"))
    #expect(command.exists("out2.onnx") && command.exists("r2.json"))
    let full = try command.shell("\"$FDSKD\" '\(Executable.digits)' -o out3.onnx > /dev/full")
    #expect(full.status == 4)
    #expect(command.exists("out3.onnx"))
  }

  @Test(
    "a signal while a network is trained leaves a checkpoint, and no output",
    arguments: [("INT", 130), ("TERM", 143)])
  func interruptedTraining(signal: String, status: Int32) throws {
    defer { command.removeFolder() }
    let data = Golden.example("digits/digits-train.npz")
    let outcome = try command.shell(
      """
      "$FDSKD" '\(Executable.digits)' -o out.onnx --rate 0.5 --data '\(data)' --epochs 100000 --threads 1 -q \
        --checkpoint checkpoints &
      for i in $(seq 1200); do ls checkpoints/epoch-* && break; sleep 0.05; done > /dev/null 2>&1
      kill -\(signal) $!
      wait $!
      """)
    #expect(outcome.status == status)
    #expect(outcome.error.contains("error[interrupted]"))
    #expect(outcome.error.contains("--resume"))
    #expect(command.files == ["checkpoints"])
  }

  @Test("an output in no folder is exit code 4, and an existing one is kept with --no-clobber")
  func outputs() throws {
    defer { command.removeFolder() }
    let nowhere = try command.run(Executable.digits, "-o", "missing/out.onnx")
    #expect(nowhere.status == 4)
    #expect(nowhere.error.contains("missing"))
    try command.write("precious", to: "out.onnx")
    #expect(try command.run(Executable.digits, "-o", "out.onnx", "--no-clobber").status == 4)
    #expect(try command.read("out.onnx") == "precious")
  }

  @Test("the model can go to the standard output; the table then goes to the other")
  func standardStreams() throws {
    defer { command.removeFolder() }
    let outcome = try command.shell("\"$FDSKD\" - -o - < '\(Executable.digits)' > piped.onnx")
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.error.contains("channels removed"))
    _ = try command.run(Executable.digits, "-o", "out.onnx")
    #expect(
      try Data(contentsOf: command.folder.appending(path: "piped.onnx"))
        == Data(contentsOf: command.folder.appending(path: "out.onnx")))
  }

  @Test("-v logs a line a pass; colour only when asked")
  func logs() throws {
    defer { command.removeFolder() }
    let outcome = try command.run(Executable.digits, "-o", "out.onnx", "-v", "--color", "always")
    #expect(outcome.status == 0)
    #expect(outcome.error.contains("1/"))
    #expect(outcome.output.contains("\u{1B}["))
    #expect(try command.run(Executable.digits, "-o", "out.onnx").error == "")
  }
}
