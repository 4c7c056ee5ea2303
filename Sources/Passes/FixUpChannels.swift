import Analysis
import GraphIR

/// Mends what repeats a channel count after removal: attributes, and integers that shapes are made of, whether they
/// are constants or computed by Shape, Gather and Concat chains.
///
///     before  Conv(group = 32)           Reshape(x, [0, 2, 58, 28, 28])     Split(x, [24, 24])
///     after   Conv(group = 23)           Reshape(x, [0, 2, 41, 28, 28])     Split(x, [17, 20])
///
/// Each operator says what its node needs (``Operator/refit(_:)``); integers are then changed where they come from, in
/// a copy of their own if others read them too. Does nothing where no channel was removed.
package struct FixUpChannels: Pass {
  package static let name = "fix-up-channels"

  /// A removal that a node cannot express: the groups that touch it have to stay.
  package struct Failure: Error, Sendable {
    package let node: Node
    package let error: CompileError
  }

  package init() {}

  package func require(_ state: Compilation) throws {
    if state.survivors == nil { throw CompileError.order("remove-zeroed-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let survivors = state.survivors, let before = state.original?.facts else {
      throw CompileError.order("remove-zeroed-filters")
    }
    state.isMended = true
    guard !survivors.isEmpty else { return .unchanged }
    var mender = ShapeMender(state.model, before, survivors)
    for node in state.model.graph.nodes {
      do { try mender.mend(node, before, state.registry) } catch let error as CompileError {
        throw Failure(node: node, error: error.at(node.label).during(pass: Self.name))
      }
    }
    state.model = mender.finish()
    Self.restate(&state.model.graph, survivors)
    state.facts = try GraphFacts(of: state.model, registry: state.registry, inputShapes: state.inputShapes)
    return .changed(detail: mender.summary)
  }

  /// Every axis has, by inference from the mended graph alone, the length that the removal gives it.
  package func ensure(_ state: Compilation, after before: Compilation) throws {
    guard let survivors = state.survivors, let facts = state.facts else { return }
    for (key, kept) in survivors.sorted(by: { $0.key < $1.key }) {
      guard let length = facts[key.value].dimension(key.axis)?.period, length != kept.count else { continue }
      throw CompileError(
        "removal-wrong",
        "axis \(key.axis) of '\(state.model.graph[key.value].name)' has \(length) slots, not \(kept.count)",
        exit: .internal)
    }
  }

  /// Brings the shapes that the file states up to date.
  private static func restate(_ graph: inout Graph, _ survivors: [AxisKey: [Int]]) {
    func update(_ info: inout ValueInfo) {
      guard case .tensor(var type)? = info.type?.kind, let axes = type.dims?.indices else { return }
      for axis in axes {
        guard let kept = survivors[AxisKey(info.value, axis)] else { continue }
        switch type.dims?[axis].extent {
        case .value?: type.dims?[axis].extent = .value(Int64(kept.count))
        // A name such as `12*batch` would be that of another length now.
        case .parameter?: type.dims?[axis].extent = .unstated
        case .unstated?, nil: break
        }
      }
      info.type?.kind = .tensor(type)
    }
    for index in graph.valueInfos.indices { update(&graph.valueInfos[index]) }
    // Before IR version 4 initializers are listed as inputs, with their shapes.
    for index in graph.inputs.indices { update(&graph.inputs[index]) }
  }
}
