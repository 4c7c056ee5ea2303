import CSignals

/// What is left of a process that a defect ends: one line that asks for the file, exit status 70, no temporary files.
package enum CrashReport {
  /// From now on a crash is told like that.
  package static func listen() {
    describe(file: nil)
    crash_listen()
  }

  /// - Parameter file: what is worked on, as messages name it.
  package static func describe(file: String?) {
    crash_describe(
      "error[crash]: \(file.map { "\($0): " } ?? "")fdskd-compile ends on ",
      ": this is a defect of the program, and leaves no output half written; "
        + "hint: please send the file and the command to its maintainers\n")
  }

  /// Gives the calling thread a stack for the time when its own is used up.
  static func useOwnStack() { crash_use_own_stack() }

  /// A crash removes the file.
  package static func insert(_ path: String) { crash_insert_path(path) }

  /// The file stays, or is gone.
  package static func remove(_ path: String) { crash_remove_path(path) }
}
