import Analysis
import GraphIR

/// Works out types, shapes and shape computations of every value. Changes nothing in the graph.
package struct InferShapes: Pass {
  package static let name = "infer-shapes"

  package init() {}

  package func require(_ state: Compilation) throws {}

  package func run(on state: inout Compilation) throws -> PassOutcome {
    state.facts = try GraphFacts(of: state.model, registry: state.registry, inputShapes: state.inputShapes)
    return .unchanged
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}
}
