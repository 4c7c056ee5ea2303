/// What goes wrong while a network is read, compiled or written, as one diagnostic.
///
/// Each layer adds only the part that it knows: an operator the operand, the graph the node, the reader the file,
/// the pipeline the pass. Printed as `error[code]: file: node 'x' (Op): message; hint: what to do`.
package struct CompileError: Error, Sendable, Equatable {
  /// Who has to act, and with which exit status the process says so.
  package enum ExitClass: Int32, Sendable {
    /// The model or the data is not acceptable.
    case rejected = 1
    /// The command line or the configuration is wrong.
    case usage = 2
    /// A gate failed: target, accuracy, check, or nothing could be pruned.
    case gate = 3
    /// Input, output, memory or another resource of the machine failed.
    case resources = 4
    /// Somebody asked the process to end, and it can go on later.
    case interrupted = 130
    /// A defect of this program.
    case `internal` = 70
  }

  package var code: String
  package var message: String
  package var exit: ExitClass
  package var hint: String?
  /// The file as the user named it.
  package var file: String?
  /// The node's description, `node 'layer1.0.conv1' (Conv)`, or another place in the file.
  package var place: String?
  package var pass: String?

  package init(
    _ code: String, _ message: String, exit: ExitClass = .rejected, hint: String? = nil, file: String? = nil,
    place: String? = nil
  ) {
    self.code = code
    self.message = message
    self.exit = exit
    self.hint = hint
    self.file = file
    self.place = place
  }

  /// The same error with the file named, unless a layer below named one.
  package func `in`(file: String) -> CompileError {
    var error = self
    error.file = error.file ?? file
    return error
  }

  /// The same error with its place in the file named, unless a layer below named one.
  package func at(_ place: String) -> CompileError {
    var error = self
    error.place = error.place ?? place
    return error
  }

  /// The same error with the pass named in which it came up.
  package func during(pass: String) -> CompileError {
    var error = self
    error.pass = error.pass ?? pass
    return error
  }
}

extension CompileError: CustomStringConvertible {
  package var description: String {
    var text = "error[\(code)]: "
    for part in [file, place] { if let part { text += "\(part): " } }
    text += message
    // Passes are our business: a user has to know of one where the fault is ours.
    if let pass, exit == .internal { text += "; pass \(pass)" }
    if let hint { text += "; hint: \(hint)" }
    return text
  }
}
