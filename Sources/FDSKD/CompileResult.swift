import GraphIR

/// What ``Compiler`` hands back beside the file that it wrote.
public struct CompileResult: Sendable, Equatable {
  public var report: Report
  public var plan: Plan
  /// The text of the graph after the passes of ``CompileOptions/dumpAfter``, in the order of the passes.
  public var dumps: [Dump]

  public init(report: Report, plan: Plan, dumps: [Dump] = []) {
    self.report = report
    self.plan = plan
    self.dumps = dumps
  }

  /// The graph as it was after a pass, in its text form.
  public struct Dump: Sendable, Equatable {
    public var pass: String
    public var text: String

    public init(pass: String, text: String) {
      self.pass = pass
      self.text = text
    }
  }
}

/// A compilation that ran to its end and was then turned down: target missed, or nothing to prune.
///
/// No model is written; the result says why.
public struct GateFailure: Error, Sendable {
  package let error: CompileError
  public let result: CompileResult

  package init(error: CompileError, result: CompileResult) {
    self.error = error
    self.result = result
  }
}

/// An error as it is shown: what went wrong, where, and what to do about it.
public struct Diagnostic: Error, Sendable, Equatable {
  private let error: CompileError

  /// Short and stable, `shape-mismatch`.
  public var code: String { error.code }
  /// The process's exit status: 1 rejected, 2 usage, 3 gate, 4 resources, 70 a defect, 130 interrupted.
  public var exitStatus: Int32 { error.exit.rawValue }
  /// On one line: `error[code]: file: node 'x' (Op): message; hint: what to do`.
  public var description: String { error.description }

  /// What any error that ``Compiler`` throws says.
  public init(_ error: any Error) {
    if let diagnostic = error as? Diagnostic {
      self = diagnostic
      return
    }
    let known = (error as? CompileError) ?? (error as? GateFailure)?.error
    self.init(
      error: known
        ?? CompileError("internal", "\(error)", exit: .internal, hint: "this is a defect; please report it"))
  }
}

extension Diagnostic: CustomStringConvertible {
  private init(error: CompileError) { self.error = error }

  /// The same with the file named, or a line of it.
  package func `in`(file: String) -> Diagnostic { Diagnostic(error: error.in(file: file)) }

  /// A command line or a configuration that cannot be followed.
  package static func usage(
    _ code: String, _ message: String, hint: String? = nil, file: String? = nil
  ) -> Diagnostic {
    Diagnostic(error: CompileError(code, message, exit: .usage, hint: hint, file: file))
  }

  /// A stream or a file that cannot be read or written.
  package static func resources(_ code: String, _ message: String, file: String) -> Diagnostic {
    Diagnostic(error: CompileError(code, message, exit: .resources, file: file))
  }
}
