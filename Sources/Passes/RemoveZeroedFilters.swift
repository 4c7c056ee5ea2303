import Analysis
import GraphIR
import Kernels

/// Cuts the selected channels out of every constant of the graph.
///
///     before  conv1.weight [16, 3, 3, 3]   bn1.weight [16]   conv2.weight [32, 16, 3, 3]
///     after   conv1.weight [11, 3, 3, 3]   bn1.weight [11]   conv2.weight [32, 11, 3, 3]
///
/// Operators do not matter here: an axis of a constant keeps the positions that survive. What repeats a channel count
/// elsewhere (attributes, shapes) does not fit until `fix-up-channels`. Does nothing where nothing is selected.
package struct RemoveZeroedFilters: Pass {
  package static let name = "remove-zeroed-filters"

  package init() {}

  package func require(_ state: Compilation) throws {
    if state.selection == nil { throw CompileError.order("select-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    let facts = try state.inferred()
    guard let groups = state.groups?.groups, let removal = state.selection?.removal else {
      throw CompileError.order("select-filters")
    }
    state.original = Compilation.Original(model: state.model, facts: facts)
    guard !removal.isEmpty else {
      state.survivors = [:]
      return .unchanged
    }
    let survivors = removal.survivors(groups, facts)
    let index = GraphIndex(state.model.graph)
    var keptAxes: [ValueID: [Int: [Int]]] = [:]
    for (key, kept) in survivors { keptAxes[key.value, default: [:]][key.axis] = kept }
    for (id, tensor) in state.model.graph.constants.sorted(by: { $0.key < $1.key }) {
      guard let kept = keptAxes[id] else { continue }
      let name = state.model.graph[id].name
      state.model.graph.setConstant(id, try Self.cut(tensor, kept, name), producer: index.producer(of: id))
    }
    for (id, tensor) in state.momenta {
      if let kept = keptAxes[id] {
        state.momenta[id] = try Self.cut(tensor, kept, state.model.graph[id].name)
      }
    }
    state.survivors = survivors
    let channels = removal.members.reduce(0) { $0 + $1.count }
    let touched = removal.members.filter { !$0.isEmpty }.count
    return .changed(detail: "\(channels) channels of \(touched) groups")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {
    guard let survivors = state.survivors else { return }
    for (id, tensor) in state.model.graph.constants {
      for (axis, length) in tensor.dims.enumerated() {
        guard let kept = survivors[AxisKey(id, axis)], kept.count != length else { continue }
        throw CompileError(
          "removal-wrong",
          "axis \(axis) of '\(state.model.graph[id].name)' has \(length) slots, not \(kept.count)",
          exit: .internal)
      }
    }
  }

  /// The tensor without the positions that `kept` leaves out, by axis.
  static func cut(_ tensor: Tensor, _ kept: [Int: [Int]], _ name: String) throws -> Tensor {
    guard let stride = tensor.elementStride, let bytes = tensor.bytes else {
      throw CompileError("cannot-cut", "the elements of '\(name)' do not begin on a byte", exit: .internal)
    }
    let dims = tensor.dims.indices.map { kept[$0]?.count ?? tensor.dims[$0] }
    let result = try Bytes(count: dims.reduce(stride, *)) { target in
      bytes.withUnsafeBytes { source in
        BlockCopy.select(
          source, dims: tensor.dims, stride: stride, keep: tensor.dims.indices.map { kept[$0] }, into: target)
      }
    }
    return tensor.replacing(dims: dims, bytes: result)
  }
}
