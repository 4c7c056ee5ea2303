import Analysis
import GraphIR
import Kernels
import Operators
import TestSupport
import Testing
import Training

extension OperatorRun: CustomTestStringConvertible {
  public var testDescription: String { "\(identifier) of opset \(opset), \(operands.count) operands" }
}

/// A case's node, alone in a network, with its operands in a store.
private struct NodeProgram {
  let program: Program
  let facts: GraphFacts
  let store: ParameterStore
  let model: Model

  init(_ run: OperatorRun, _ mode: KernelMode) throws {
    let (model, drawn) = run.model()
    facts = try GraphFacts(of: model, registry: .standard)
    let constants = model.graph.constants.filter { $0.value.elementType.isRankable }.sorted {
      $0.key < $1.key
    }
    store = try ParameterStore(
      constants.map { (value: $0.key, name: model.graph[$0.key].name, tensor: $0.value) },
      trainable: mode == .training ? drawn : [])
    program = try Program(model, facts, store, ProgramSettings(mode: mode))
    self.model = model
  }

  /// Σ g·y over all outputs of floats, with seeded g.
  func loss() throws -> Double {
    program.parametersChanged()
    try program.forward()
    var state: UInt64 = 7
    return program.outputs.filter { $0.scalar == .float }.reduce(0) { sum, port in
      port.floats.reduce(sum) { $0 + Double($1) * Double(RunningNetwork.number(&state)) }
    }
  }

  func differentiate() throws {
    var state: UInt64 = 7
    for port in program.outputGradients where port.scalar == .float {
      for index in port.floats.indices { port.floats[index] = RunningNetwork.number(&state) }
    }
    try program.backward()
  }
}

/// Laws of every operator that runs, on the cases of `OperatorRun.all`.
@Suite("Operators that run")
struct OperatorRunTests {
  private static let running = OperatorRun.all.filter { $0.ability != .stops }

  @Test("have a case each")
  func everyOperatorHasACase() {
    let adopted = OperatorRegistry.standard.identifiers.filter {
      OperatorRegistry.standard.type(of: $0) is any ComputableOperator.Type
    }
    #expect(Set(adopted).subtracting(OperatorRun.all.map(\.identifier)) == [])
    #expect(Set(OperatorRun.all.map(\.identifier)).subtracting(adopted) == [])
  }

  @Test("give what inference says they give", arguments: running)
  func shapesAndTypes(run: OperatorRun) throws {
    let node = try NodeProgram(run, .inference)
    try node.program.forward()
    for (port, output) in zip(node.program.outputs, node.model.graph.outputs) {
      let fact = node.facts[output.value]
      #expect(port.dims == fact.knownShape)
      #expect((port.scalar == .float) == fact.elementType?.isFloatingPoint)
      if port.scalar == .float { #expect(port.floats.allSatisfy { $0.isFinite }) }
    }
  }

  /// Along a random direction d in the space of all operands: dL/dε = Σ gradient · d.
  @Test(
    "have the gradient that the loss has when operands move",
    arguments: running.filter { $0.ability == .trains })
  func gradientAlongADirection(run: OperatorRun) throws {
    let node = try NodeProgram(run, .training)
    _ = try node.loss()
    try node.differentiate()
    let store = node.store
    var state: UInt64 = 3
    var direction = [Float](repeating: 0, count: store.trainableCount)
    for entry in store.entries where entry.isTrainable {
      for index in entry.range { direction[index] = RunningNetwork.number(&state) }
    }
    let terms = zip(store.gradients, direction).map { Double($0) * Double($1) }
    let original = Array(store.values[..<store.trainableCount])
    func loss(_ step: Float) throws -> Double {
      for index in original.indices { store.values[index] = original[index] + step * direction[index] }
      return try node.loss()
    }
    let step: Float = 1e-3
    let measured = (try loss(step) - (try loss(-step))) / (2 * Double(step))
    let (predicted, size) = (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    #expect(abs(measured - predicted) <= 0.01 * size + 1e-3)
  }

  @Test("give in training what they give in use", arguments: running.filter { $0.ability == .trains })
  func modesAgree(run: OperatorRun) throws {
    // A normalisation over the batch has another formula in training.
    guard run.identifier.name != "BatchNormalization" else { return }
    let (use, training) = (try NodeProgram(run, .inference), try NodeProgram(run, .training))
    try use.program.forward()
    try training.program.forward()
    for (a, b) in zip(use.program.outputs, training.program.outputs) where a.scalar == .float {
      for (a, b) in zip(a.floats, b.floats) { #expect(abs(a - b) <= 1e-4 * max(1, abs(a))) }
    }
  }

  @Test("name the node where a form does not run", arguments: OperatorRun.all.filter { $0.ability == .stops })
  func formsThatStop(run: OperatorRun) throws {
    let error = #expect(throws: CompileError.self) { try NodeProgram(run, .inference) }
    #expect(error?.place?.contains("the node") == true)
  }
}
