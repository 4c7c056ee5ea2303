import Testing

@Suite("Usage")
struct UsageTests {
  @Test("help and version are on the standard output, with exit code 0")
  func help() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let help = try command.run("--help")
    #expect(help.status == 0)
    #expect(help.output.contains("fdskd-compile in.onnx -o out.onnx --rate 0.3"))
    #expect(help.error == "")
    #expect(try command.run("help", "compile").output.contains("--target-macs"))
    #expect(try command.run("inspect", "--help").output.contains("--ignore-layers"))
    let version = try command.run("--version")
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    for shell in ["bash", "zsh", "fish"] {
      let script = try command.run("--generate-completion-script", shell)
      #expect(script.status == 0)
      #expect(script.output.contains("target-macs"))
    }
  }

  @Test(
    "what is wrong with a command line is one line on the standard error, with exit code 2",
    arguments: [
      ([], "<input>"), (["a.onnx"], "-o out.onnx"), (["a.onnx", "--rate"], "--rate"),
      (["a.onnx", "-o", "b", "--raet", "0.3"], "--raet"),
      (["a.onnx", "-o", "b", "--rate", "30%"], "30% is 0.3"),
      (["a.onnx", "-o", "b", "--rate", "-0.1"], "'-0.1'"), (["a.onnx", "-o", "b", "--rate", "1.5"], "'1.5'"),
      (["a.onnx", "-o", "b", "--rate", "nan"], "'nan'"), (["a.onnx", "b", "-o", "c"], "two outputs"),
      (["a.onnx", "-o", "b", "--report", "r.pdf"], ".html"),
      (["a.onnx", "-o", "-", "--json"], "standard output"),
      (["a.onnx", "-o", "b", "--epochs", "3"], "--epochs"),
      (["a.onnx", "-o", "b", "--color", "blue"], "auto, always"),
      (["a.onnx", "-o", "b", "-c", "missing.yaml"], "missing.yaml"), (["diff", "a.onnx"], "<b>"),
      (["diff", "a.onnx", "b.json"], "not of one kind"), (["apply", "p.json", "a.onnx"], "-o out.onnx"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], mention: String) throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let outcome = try command.shell("\"$FDSKD\" " + arguments.map { "'\($0)'" }.joined(separator: " "))
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.error.hasPrefix("error["))
    #expect(outcome.error.contains(mention), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1)
    #expect(command.files == [])
  }

  @Test("a file that is not there is exit code 4 or 1, with its name")
  func missingInput() throws {
    let command = try Executable()
    defer { command.removeFolder() }
    let outcome = try command.run("missing.onnx", "-o", "out.onnx")
    #expect([1, 4].contains(outcome.status))
    #expect(outcome.error.contains("missing.onnx"))
    #expect(command.files == [])
  }
}
