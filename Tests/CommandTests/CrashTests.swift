import Foundation
import TestSupport
import Testing

#if os(Linux)
  /// A crash is told, and leaves what was there: here it is a signal that somebody sends, which a handler cannot tell
  /// from a trap.
  @Suite("A crash")
  struct CrashTests {
    private let command: Executable

    init() throws { command = try Executable() }

    @Test(
      "is one line that asks for the file and exit status 70; nothing is changed",
      arguments: ["SEGV", "ILL", "ABRT", "FPE", "BUS", "TRAP"])
    func isTold(signal: String) throws {
      defer { command.removeFolder() }
      try command.write("the output of before", to: "out.onnx")
      // The compiler waits for its standard input; its handler is there once the system says that it catches SIGSEGV.
      let outcome = try command.shell(
        """
        mkfifo in; "$FDSKD" - -o out.onnx < in & pid=$!; exec 3> in
        until grep -Eq 'SigCgt:.*[4567cdef][0-9a-f]{2}$' /proc/$pid/status && sleep 0.2; do sleep 0.05; done
        kill -\(signal) $pid; wait $pid; status=$?; exec 3>&-; rm in; exit $status
        """)
      #expect(outcome.status == 70, "\(outcome)")
      let lines = outcome.error.split(separator: "\n")
      #expect(lines.count == 1 && outcome.error.hasSuffix("\n"), "\(outcome.error)")
      #expect(outcome.error.hasPrefix("error[crash]: standard input: fdskd-compile ends on SIG\(signal): "))
      #expect(outcome.error.contains("please send the file"))
      #expect(try command.read("out.onnx") == "the output of before")
      #expect(command.files == ["out.onnx"])
    }
  }
#endif
