import GraphIR
import Kernels

/// A border around a tensor, ONNX `Pad` (opset 1 and later).
///
///     output[…, bₐ + i, …] = data[…, i, …]      elsewhere `constant_value`, or by `mode` what lies opposite
///
/// Negative pads cut off.
///
/// ## Shapes    axis a: begin bₐ + length + end eₐ; `pads` lists all begins, then all ends
/// ## Channels  output at bₐ+i ≡ data at i. Added slots stand for themselves in mode constant (a shortcut that is
///              padded to more channels); in other modes the padded axis stays
/// ## Cost      none
/// - Throws: `shape-mismatch` if `pads` is not twice as long as the axes, or an axis would be shorter than 0.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Pad.html>
package struct Pad: ComposedOperator {
  package static let identifiers = [OperatorIdentifier("Pad")]

  private let pads: IntegerList
  private let axes: IntegerList
  private let mode: String
  /// What the border is filled with: an attribute in old opsets, else input 2.
  private let attributeValue: Double?

  package init(_ node: OperatorNode) throws {
    mode = try node.string("mode") ?? "constant"
    if node.opsetVersion < 11 {
      pads = try IntegerList(attribute: node.opsetVersion < 2 ? "paddings" : "pads", of: node)
      axes = .absent
      attributeValue = Double(try node.float("value") ?? 0)
    } else {
      pads = .input(1)
      axes = node.opsetVersion < 18 ? .absent : .input(3)
      attributeValue = nil
    }
  }

  private var isConstant: Bool { mode == "constant" }

  /// What is added before and after one axis.
  private struct Border {
    let axis: Int
    let begin: Dimension
    let end: Dimension

    var known: (begin: Int, end: Int)? {
      let plausible = -(1 << 40)...(1 << 40)
      guard let begin = begin.known, let end = end.known, plausible ~= begin, plausible ~= end else {
        return nil
      }
      return (begin, end)
    }
  }

  /// The borders in the order of the list; nil where they are not known.
  private func borders(_ signature: Signature, rank: Int) throws -> [Border]? {
    guard let values = pads.elements(signature)?.map(\.value) else { return nil }
    let padded: [Int]
    if axes.isAbsent(signature) {
      padded = Array(0..<rank)
    } else {
      guard let known = axes.known(signature) else { return nil }
      padded = try resolveAxes(known, rank: rank)
    }
    guard values.count == 2 * padded.count else {
      throw CompileError("shape-mismatch", "there are \(values.count) pads for \(padded.count) axes")
    }
    return padded.enumerated().map { index, axis in
      Border(axis: axis, begin: values[index], end: values[index + padded.count])
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard var shape = inputs[0]?.shape else { return [fact] }
    guard let borders = try borders(inputs.signature, rank: shape.count) else {
      fact.shape = inputs.freshShape(rank: shape.count)
      return [fact]
    }
    for border in borders {
      shape[border.axis] = shape[border.axis] + (border.begin + border.end)
      if let length = shape[border.axis].known, length < 0 {
        throw CompileError("shape-mismatch", "axis \(border.axis) would have length \(length)")
      }
    }
    fact.shape = shape
    fact.content = content(inputs, shape, borders)
    return [fact]
  }

  private func content(_ inputs: Operands, _ shape: [Dimension], _ borders: [Border]) -> [ContentElement]? {
    let fill: ContentElement? =
      inputs[2].map { ContentGrid($0)?.elements.first } ?? ContentElement(Dimension(Int(attributeValue ?? 0)))
    guard isConstant, let grid = ContentGrid(inputs[0]), let fill else { return nil }
    return ContentGrid(shape: shape) { position in
      var source = position
      for border in borders {
        guard let known = border.known else { return nil }
        source[border.axis] -= known.begin
      }
      return zip(source, grid.shape).allSatisfy { (0..<$1).contains($0) } ? grid[source] : fill
    }?.elements
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.input(0)?.rank, let borders = try? borders(ties.signature, rank: rank)
    else {
      return
    }
    for axis in 0..<rank {
      let (input, output) = (OperandAxis.input(0, axis: axis), OperandAxis.output(0, axis: axis))
      guard let border = borders.first(where: { $0.axis == axis }), border.begin != 0 || border.end != 0
      else {
        ties.tie(input, output)
        continue
      }
      guard let known = border.known, isConstant || max(known.begin, known.end) <= 0 else {
        ties.pinAll(
          [input, output], isConstant ? "is padded by a computed number" : "is padded with what it holds")
        continue
      }
      ties.tie(input, output) { $0 + known.begin }
    }
  }

  /// The operand's number, unless a border holds a different one; the border's where no slot is tied to the channel.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let border = attributeValue ?? (signature.input(2) == nil ? 0 : signature.input(2)?.scalar)
    if operands.isEmpty { return isConstant ? border : nil }
    guard let value = operands[0] else { return nil }
    guard isConstant, value != border, let rank = signature.input(0)?.rank else { return value }
    let borders = try? borders(signature, rank: rank)
    let isCutting = borders?.allSatisfy { max($0.known?.begin ?? 1, $0.known?.end ?? 1) <= 0 } ?? false
    return isCutting ? value : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let data = try chain.input(0)
    var (begins, ends) = (data.dims.map { _ in 0 }, data.dims.map { _ in 0 })
    guard let borders = try borders(call.signature, rank: data.rank) else {
      throw KernelError("how much it pads depends on the data")
    }
    for border in borders {
      guard let known = border.known else { throw KernelError("how much it pads depends on the data") }
      (begins[border.axis], ends[border.axis]) = (known.begin, known.end)
      guard isConstant || data.dims[border.axis] > 0 else {
        throw KernelError("there is nothing to pad with")
      }
    }
    let kind: PadKernel.Mode
    var filling: KernelChain.Value?
    switch mode {
    case "constant":
      if let attributeValue {
        kind = .constant(attributeValue)
      } else if let known = try? call.has(2) ? call.doubles(2).first : 0 {
        kind = .constant(known)
      } else {
        kind = .constant(nil)
        filling = try chain.reshape(chain.input(2), to: [])
      }
    case "reflect": kind = .reflect
    case "edge": kind = .edge
    case "wrap": kind = .wrap
    default: throw KernelError("the mode '\(mode)' of padding has no kernel")
    }
    let kernel = PadKernel(data.dims, begins: begins, ends: ends, mode: kind, data.scalar)
    return [try chain.run(kernel, data, nil, filling)]
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard let rank = edit.before.input(0)?.rank, let borders = try borders(edit.before, rank: rank) else {
      return
    }
    var values = [Int?](repeating: nil, count: 2 * borders.count)
    for (index, border) in borders.enumerated() {
      let (input, output) = (
        OperandAxis.input(0, axis: border.axis), OperandAxis.output(0, axis: border.axis)
      )
      guard edit.survivors(input) != nil || edit.survivors(output) != nil, let known = border.known,
        let inputLength = edit.before.length(input), let outputLength = edit.before.length(output)
      else { continue }
      /// How many slots before `limit` are left, and how many from there on.
      func left(_ axis: OperandAxis, _ length: Int, before limit: Int) -> (before: Int, after: Int) {
        guard let survivors = edit.survivors(axis) else { return (limit, length - limit) }
        let before = survivors.count { $0 < limit }
        return (before, survivors.count - before)
      }
      values[index] =
        known.begin >= 0
        ? left(output, outputLength, before: known.begin).before
        : -left(input, inputLength, before: -known.begin).before
      values[index + borders.count] =
        known.end >= 0
        ? left(output, outputLength, before: outputLength - known.end).after
        : -left(input, inputLength, before: inputLength + known.end).after
    }
    try pads.restate(values, &edit)
  }
}
