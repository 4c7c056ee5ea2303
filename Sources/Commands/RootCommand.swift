import ArgumentParser
import FDSKD

/// `fdskd-compile`: parses, prints, sets the exit code; nothing else.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fdskd-compile",
    abstract: "Makes trained ONNX networks smaller by removing the channels that matter least.",
    discussion: """
      The main job:  fdskd-compile in.onnx -o out.onnx --rate 0.3
      Its flags:     fdskd-compile help compile

      Exit codes: 0 done; 1 the model is not acceptable; 2 usage or configuration; 3 a gate failed: nothing can \
      be pruned, a target is out of reach, accuracy or check; 4 input, output or memory failed; 70 a defect of this \
      program; 130, 143 a signal ended it.
      """,
    version: Report.Tool.currentVersion,
    subcommands: [
      CompileCommand.self, InspectCommand.self, DiffCommand.self, ApplyCommand.self, EvaluateCommand.self,
      CheckCommand.self,
    ],
    defaultSubcommand: CompileCommand.self)
}
