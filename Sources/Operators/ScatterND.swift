import GraphIR
import Kernels

/// Slices replaced at vectors of indices, ONNX `ScatterND` (opset 11 and later).
///
///     output = data, then output[indices[i…, :]…, k…] = updates[i…, k…]
///
/// ## Shapes    data and output [D…, K…], indices [I…, D's rank], updates [I…, K…]
/// ## Channels  K… of data, updates and output tied. Of constant indices, where an axis of I… decides of a component
///              alone, updates at i ≡ data and output at the component's indices. The other axes of D… and I… stay:
///              where an update alone goes, data would show through
/// ## Cost      none
/// - Throws: `shape-mismatch` if the vectors are longer than data has axes.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__ScatterND.html>
package struct ScatterND: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("ScatterND")]

  private let reduction: ScatterReduction

  package init(_ node: OperatorNode) throws { reduction = try ScatterReduction(node) }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank, let width = inputs[1]?.dimension(-1)?.known, !(0...rank).contains(width) {
      throw CompileError("shape-mismatch", "indices write to \(width) axes, data has rank \(rank)")
    }
    return [ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let rank = signature.input(0)?.rank, let indices = signature.input(1)?.shape,
      let width = indices.last?.known, (0...rank).contains(width),
      signature.input(2)?.rank == indices.count - 1 + rank - width
    else { return }
    let components = vectors(signature)?.components ?? []
    var followed: Set<Int> = []
    for axis in 0..<indices.count - 1 {
      let (index, update): (OperandAxis, OperandAxis) = (.input(1, axis: axis), .input(2, axis: axis))
      guard components.indices.contains(axis), !components[axis].isEmpty else {
        ties.pinAll([index, update], "is written, index by index")
        continue
      }
      let ways = components[axis]
      let chosen = ways[ways.count == 1 ? 0 : ties.choose(axis, among: ways.count)]
      ties.tie(index, update)
      ties.tie(update, .output(0, axis: chosen.data)) { chosen.places[$0] }
      ties.tie(.input(0, axis: chosen.data), .output(0, axis: chosen.data))
      followed.insert(chosen.data)
    }
    for axis in 0..<width where !followed.contains(axis) {
      ties.pinAll([.input(0, axis: axis), .output(0, axis: axis)], "is written to, index by index")
    }
    for axis in width..<rank {
      ties.tie(.input(0, axis: axis), .output(0, axis: axis))
      ties.tie(.input(2, axis: indices.count - 1 + axis - width), .output(0, axis: axis))
    }
  }

  /// The indices, where they are constant.
  private func vectors(_ signature: Signature) -> IndexVectors? {
    guard let shape = signature.input(0)?.shape else { return nil }
    return IndexVectors(signature.input(1), of: shape.map(\.known))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 && operands.element(2) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let (dims, indices) = (try call.dims(0), try call.dims(1))
    guard let width = indices.last, width <= dims.count else { throw KernelError("there are no indices") }
    return ScatterNDKernel(dims, indices: indices, reduction: reduction, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let vectors = vectors(edit.before), let width = edit.before.input(1)?.dimension(-1)?.known else {
      return
    }
    try edit.refitIndexVectors(vectors, width: width)
  }
}
