import Analysis
import GraphIR
import Kernels

/// The network as it came, which the student follows: frozen, with running statistics ([FD-SKD] Eq. 13).
package final class Teacher {
  let program: Program

  package init(_ model: Model, _ facts: GraphFacts, _ objective: Objective, memoryLimit: Int?) throws {
    program = try Program(
      model, facts, ParameterStore(model, facts, mode: .inference), outputs: objective.outputs.map(\.value),
      ProgramSettings(mode: .inference, memoryLimit: memoryLimit))
  }
}
