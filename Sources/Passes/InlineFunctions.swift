import GraphIR

/// Puts the nodes of the model's own functions where they are called, so that channels can be followed through them.
///
///     before  block1 = local.Block(x, w) -> y
///     after   block1/conv = Conv(x, w) -> block1/c;  block1/act = Relu(block1/c) -> y
///
/// A call that cannot be inlined stays, and pins what it touches. Functions that lose their last call go. Does nothing
/// where no function is called.
package struct InlineFunctions: Pass {
  package static let name = "inline-functions"

  package init() {}

  package func require(_ state: Compilation) throws {}

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard !state.model.functions.isEmpty else { return .unchanged }
    var inliner = FunctionInliner(state.model)
    let model = inliner.inlined()
    state.functionNotes = inliner.refusals.sorted { $0.key < $1.key }.map {
      "calls of function '\($0)' stay as they are: \($1)"
    }
    guard let model else { return .unchanged }
    state.model = model
    return .changed(detail: "\(inliner.callCount) calls")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
