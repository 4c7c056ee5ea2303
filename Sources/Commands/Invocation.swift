import ArgumentParser
import FDSKD
import Platform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One use of the command: what the program is, less the end of the process.
package enum Invocation {
  /// Runs a command line, without the name of the program, and tells the exit status.
  package static func run(_ arguments: [String]) -> Int32 {
    // A reader that goes away is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    // Beyond `ulimit -f` a write fails, and says so, instead of ending the process.
    signal(SIGXFSZ, SIG_IGN)
    CrashReport.listen()
    Interruption.listen()
    return perform(arguments)
  }

  private static func perform(_ arguments: [String]) -> Int32 {
    var command: any ParsableCommand
    do { command = try RootCommand.parseAsRoot(arguments) } catch {
      return explain(parserError: error, arguments)
    }
    do {
      try command.run()
      return 0
    } catch let failure as ReportedFailure {
      return failure.exitStatus
    } catch  where RootCommand.exitCode(for: error) == .success {
      return explain(parserError: error, arguments)
    } catch {
      return fail(Diagnostic(error))
    }
  }

  /// Prints help and version, which the parser throws too, or what is wrong with the command line.
  private static func explain(parserError error: any Error, _ arguments: [String]) -> Int32 {
    if RootCommand.exitCode(for: error) == .success {
      do {
        try StandardStream.output.write(RootCommand.fullMessage(for: error) + "\n")
        return 0
      } catch { return fail(Diagnostic(error)) }
    }
    let message = RootCommand.message(for: error).split(separator: "\n", omittingEmptySubsequences: true)
    let text = message.joined(separator: " ").printable
    let names = RootCommand.configuration.subcommands.map { $0.configuration.commandName ?? "" }
    let command = arguments.first.flatMap { names.contains($0) ? $0 : nil } ?? "compile"
    try? StandardStream.error.write("error[usage]: \(text); hint: fdskd-compile help \(command)\n")
    return 2
  }

  private static func fail(_ diagnostic: Diagnostic) -> Int32 {
    diagnostic.print()
    return Interruption.exitStatus(diagnostic.exitStatus)
  }
}

/// An error that has been printed already, before what follows from it was done.
struct ReportedFailure: Error {
  let exitStatus: Int32
}

extension Diagnostic {
  /// One line on the standard error.
  func print() { try? StandardStream.error.write(description.printable + "\n") }
}
