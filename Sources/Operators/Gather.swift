import GraphIR
import Kernels

/// Slices of a tensor picked by index, ONNX `Gather` (opset 1 and later).
///
///     output[i…, j…, k…] = data[i…, indices[j…], k…]
///
/// ## Shapes    data [A…, D, B…], indices [J…], output [A…, J…, B…]
/// ## Channels  with a constant vector of indices, output at j ≡ data at indices[j], and so where one axis of J… decides
///              of constant indices alone; otherwise D stays. A… and B… tied; where data is constant (an embedding) they
///              are made by it
/// ## Cost      none; data is a parameter
/// - Throws: `shape-mismatch` if an index that is known is out of range.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Gather.html>
package struct Gather: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Gather")]

  private let axis: Int

  package init(_ node: OperatorNode) throws { axis = try node.int("axis") ?? 0 }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let data = inputs[0]?.shape, let picked = inputs[1]?.shape else { return [fact] }
    let axis = try resolveAxis(axis, rank: data.count)
    let shape = data[..<axis] + picked + data[(axis + 1)...]
    fact.shape = Array(shape)
    let indices = try indices(inputs.signature, length: data[axis])
    if let grid = ContentGrid(inputs[0]), let indices, let picks = inputs[1]?.knownShape {
      fact.content =
        ContentGrid(shape: fact.shape) { position in
          let pick = zip(position[axis...], picks).reduce(0) { $0 * $1.1 + $1.0 }
          return grid[Array(position[..<axis] + [indices[pick]] + position[(axis + picks.count)...])]
        }?.elements
    }
    return [fact]
  }

  /// The indices, counted from the front; nil where they are not known, or the axis's length is not.
  private func indices(_ signature: Signature, length: Dimension) throws -> [Int]? {
    guard let values = ContentGrid(signature.input(1))?.elements, let length = length.known, length >= 0
    else { return nil }
    let known = values.compactMap(\.value.known)
    guard known.count == values.count else { return nil }
    return try known.map { index in
      guard (-length..<length).contains(index) else {
        throw CompileError("shape-mismatch", "index \(index) is out of range for an axis of length \(length)")
      }
      return index < 0 ? index + length : index
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let data = signature.input(0), let shape = data.shape, let picked = signature.input(1)?.rank,
      let axis = checkedAxis(axis, rank: shape.count)
    else { return }
    let isEmbedding =
      data.isConstantDerived && signature.output(0)?.isConstantDerived == false
      && data.elementType?.isFloatingPoint ?? false
    for other in shape.indices where other != axis {
      ties.tie(.input(0, axis: other), .output(0, axis: other < axis ? other : other + picked - 1))
      if isEmbedding { ties.produce(.input(0, axis: other)) }
    }
    for index in 0..<picked { ties.tie(.input(1, axis: index), .output(0, axis: axis + index)) }
    if picked > 1, let component = table(signature, axis)?.components.lazy.compactMap(\.first).first {
      ties.tie(.output(0, axis: axis + component.axis), .input(0, axis: axis)) { component.places[$0] }
      return
    }
    guard picked == 1, let indices = try? indices(signature, length: shape[axis]) else {
      ties.pin(.input(0, axis: axis), picked == 0 ? "has one index picked" : "is looked up, index by index")
      return
    }
    ties.tie(.output(0, axis: axis), .input(0, axis: axis)) { indices[$0] }
  }

  /// Indices that are no vector.
  private func table(_ signature: Signature, _ axis: Int) -> IndexVectors? {
    IndexVectors(ofAxis: signature.input(1), length: signature.length(.input(0, axis: axis)))
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost {
    let isWeight = signature.input(0)?.elementType?.isFloatingPoint ?? false
    return Cost(multiplyAccumulates: 0, parameterOperands: isWeight ? [0] : [])
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    return GatherKernel(
      dims, indices: try call.dims(1), axis: try resolveAxis(axis, rank: dims.count), try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let shape = edit.before.input(0)?.shape, let axis = checkedAxis(axis, rank: shape.count),
      let survivors = edit.survivors(.input(0, axis: axis))
    else { return }
    if let rank = edit.before.input(1)?.rank, rank > 1 {
      guard let table = table(edit.before, axis) else { return }
      let picked = (0..<rank).map { edit.survivors(.input(1, axis: $0)) }
      edit.setContent(input: 1, try table.surviving(data: [survivors], picked: picked))
      return
    }
    guard
      let indices = try indices(edit.before, length: shape[axis]),
      let raw = ContentGrid(edit.before.input(1))?.elements.compactMap(\.value.known)
    else { return }
    let places = Dictionary(uniqueKeysWithValues: survivors.enumerated().map { ($1, $0) })
    let kept = edit.survivors(.input(1, axis: 0)) ?? Array(indices.indices)
    let values = try kept.map { position in
      guard let place = places[indices[position]] else {
        throw CompileError("cannot-refit", "index \(indices[position]) is gone, but is still looked up")
      }
      return raw[position] < 0 ? place - survivors.count : place
    }
    edit.setContent(input: 1, values)
  }
}
