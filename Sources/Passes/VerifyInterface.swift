import Analysis
import GraphIR

/// Checks that what callers of the network see is as it was: inputs and outputs with their names and types. Changes
/// nothing.
package struct VerifyInterface: Pass {
  package static let name = "verify-interface"

  package init() {}

  package func require(_ state: Compilation) throws {
    if state.original == nil { throw CompileError.order("remove-zeroed-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome { .unchanged }

  package func ensure(_ state: Compilation, after before: Compilation) throws {
    guard let original = state.original?.model else { return }
    let constants = Set(original.graph.initializers)
    let (old, new) = (original.graph, state.model.graph)
    let inputs = old.inputs.filter { !constants.contains($0.value) }
    guard inputs == new.inputs.filter({ !constants.contains($0.value) }), old.outputs == new.outputs,
      (inputs + old.outputs).allSatisfy({ old[$0.value].name == new[$0.value].name })
    else {
      throw CompileError("interface-changed", "inputs or outputs are not what they were", exit: .internal)
    }
  }
}
