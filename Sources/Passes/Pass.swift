import GraphIR

/// One step of a compilation: reads the state, changes it, and says truthfully whether it did.
package protocol Pass: Sendable {
  /// Imperative, in lower case with hyphens: `remove-zeroed-filters`.
  static var name: String { get }

  /// The pass's place in the order, as code.
  ///
  /// - Throws: `pass-order` if what the pass builds on is not there.
  func require(_ state: Compilation) throws

  func run(on state: inout Compilation) throws -> PassOutcome

  /// What holds afterwards.
  ///
  /// - Throws: an error of exit class `internal` if it does not.
  func ensure(_ state: Compilation, after before: Compilation) throws
}

/// What a pass did.
package enum PassOutcome: Sendable, Equatable {
  case changed(detail: String)
  case unchanged
}

extension CompileError {
  /// A pass ran before the ones that it builds on: a defect of the pipeline.
  static func order(_ needed: String) -> CompileError {
    CompileError("pass-order", "needs \(needed) first", exit: .internal)
  }
}
