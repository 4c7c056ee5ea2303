import GraphIR
import Kernels

/// Slices picked by vectors of indices, ONNX `GatherND` (opset 11 and later).
///
///     output[b…, i…, k…] = data[b…, indices[b…, i…, :]…, k…]
///
/// ## Shapes    data [B…, D…, K…], indices [B…, I…, D's rank], output [B…, I…, K…]; `batch_dims` counts B…
/// ## Channels  B…, I… and K… tied. Of constant indices without B…, where an axis of I… decides of a component alone,
///              output at i ≡ data at the component's indices; the other axes of D… stay
/// ## Cost      none
/// - Throws: `shape-mismatch` if the vectors are longer than data has axes.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GatherND.html>
package struct GatherND: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("GatherND")]

  private let batchRank: Int

  package init(_ node: OperatorNode) throws {
    batchRank = try node.int("batch_dims") ?? 0
    guard (0...64).contains(batchRank) else {
      throw CompileError("attribute-value", "attribute 'batch_dims' is \(batchRank)")
    }
  }

  /// First axis of K… in data, and length of the vectors; nil where they are not known.
  private func slices(_ signature: Signature) throws -> Int? {
    guard let rank = signature.input(0)?.rank, let indices = signature.input(1)?.shape,
      let width = indices.last?.known
    else { return nil }
    guard width >= 0, batchRank < indices.count, width <= rank - batchRank else {
      throw CompileError(
        "shape-mismatch", "indices pick \(width) axes after \(batchRank), data has rank \(rank)")
    }
    return batchRank + width
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let first = try slices(inputs.signature), let data = inputs[0]?.shape,
      let indices = inputs[1]?.shape
    else { return [fact] }
    fact.shape = Array(indices.dropLast() + data[first...])
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let first = try? slices(ties.signature), let rank = ties.signature.input(0)?.rank,
      let picked = ties.signature.input(1)?.rank
    else { return }
    for axis in 0..<picked - 1 { ties.tie(.input(1, axis: axis), .output(0, axis: axis)) }
    for axis in 0..<batchRank { ties.tie(.input(0, axis: axis), .output(0, axis: axis)) }
    var followed: Set<Int> = []
    for (axis, components) in (vectors(ties.signature)?.components ?? []).enumerated() {
      guard !components.isEmpty else { continue }
      let chosen = components[components.count == 1 ? 0 : ties.choose(axis, among: components.count)]
      ties.tie(.output(0, axis: axis), .input(0, axis: chosen.data)) { chosen.places[$0] }
      followed.insert(chosen.data)
    }
    for axis in batchRank..<first where !followed.contains(axis) {
      ties.pin(.input(0, axis: axis), "is looked up, index by index")
    }
    for axis in first..<rank { ties.tie(.input(0, axis: axis), .output(0, axis: picked - 1 + axis - first)) }
  }

  /// The indices, where they are constant and the same for all samples.
  private func vectors(_ signature: Signature) -> IndexVectors? {
    guard batchRank == 0, let shape = signature.input(0)?.shape else { return nil }
    return IndexVectors(signature.input(1), of: shape.map(\.known))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let (dims, indices) = (try call.dims(0), try call.dims(1))
    guard try slices(call.signature) != nil, dims[..<batchRank] == indices[..<batchRank] else {
      throw KernelError("data and indices have different batches")
    }
    return GatherNDKernel(dims, indices: indices, batchRank: batchRank, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let vectors = vectors(edit.before), let first = try slices(edit.before) else { return }
    try edit.refitIndexVectors(vectors, width: first)
  }
}
