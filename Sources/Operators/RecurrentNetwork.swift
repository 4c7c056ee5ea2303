import GraphIR
import Kernels

/// A recurrent layer, ONNX `LSTM`, `GRU` and `RNN` (opset 1 and later).
///
/// ## Shapes    X [T, N, I], W [D, gates·h, I], R [D, gates·h, h], Y [T, D, N, h], Y_h and Y_c [D, N, h], where D is 2
///              if `direction` is bidirectional; with `layout = 1` N comes first
/// ## Channels  X₂≡W₂, which reads it. A hidden unit goes with all of its gates: R₂, which reads it, ≡ the hidden axes of
///              Y, Y_h, Y_c, the first states and, gate by gate, of W₁, R₁, B₁ and P₁; both directions together. All
///              else is pinned
/// ## Cost      MACs T·N·D·gates·h·(I + h)
/// - Throws: `shape-mismatch` if I differs between X and W.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LSTM.html>
package struct RecurrentNetwork: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("LSTM"), OperatorIdentifier("GRU"), OperatorIdentifier("RNN"),
  ]

  private let name: String
  private let hiddenSize: Int?
  private let directions: Int
  private let isBatchFirst: Bool
  private let cell: RecurrentCell

  package init(_ node: OperatorNode) throws {
    name = node.opType
    hiddenSize = try node.int("hidden_size")
    directions = try node.string("direction") == "bidirectional" ? 2 : 1
    isBatchFirst = try node.int("layout") ?? 0 != 0
    cell = try RecurrentCell(node, directions: directions)
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let elementType = inputs[0]?.elementType
    var results = [ValueFact](repeating: ValueFact(elementType: elementType), count: 3)
    guard let data = inputs[0]?.shape else { return results }
    guard data.count == 3 else {
      throw CompileError("shape-mismatch", "X has rank \(data.count), a sequence has 3")
    }
    if let own = data[2].known, let read = inputs[1]?.dimension(2)?.known, own != read {
      throw CompileError("shape-mismatch", "W reads \(read) features, X has \(own)")
    }
    let hidden = hiddenSize.map { Dimension($0) } ?? inputs[2]?.dimension(2) ?? inputs.freshDimension(3)
    let directions = Dimension(directions)
    let state = isBatchFirst ? [data[0], directions, hidden] : [directions, data[1], hidden]
    results[0].shape =
      isBatchFirst ? [data[0], data[1], directions, hidden] : [data[0], directions, data[1], hidden]
    results[1].shape = state
    results[2].shape = state
    return results
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tie(.input(0, axis: 2), .input(1, axis: 2))
    ties.consume(.input(1, axis: 2))
    guard let units = units(ties.signature) else { return }
    let reads = OperandAxis.input(2, axis: 2)
    ties.consume(reads)
    for made in units.gated {
      ties.tie(made, reads) { $0 % units.count }
      ties.produce(made, ranked: made.operand != 3)
    }
    if ties.signature.input(7) != nil {
      ties.tie(.input(7, axis: 1), reads) { $0 % units.count }
      ties.follow(.input(7, axis: 1))
    }
    for state in units.states {
      ties.tie(state, reads)
      if state.isInput { ties.follow(state) }
    }
  }

  /// The axes that a hidden unit has a part of; nil where they do not fit each other.
  private func units(_ signature: Signature) -> (count: Int, gated: [OperandAxis], states: [OperandAxis])? {
    guard let count = signature.length(.input(2, axis: 2)), count > 0, hiddenSize ?? count == count,
      let gates = RecurrentCell.gateCounts[name]
    else { return nil }
    var gated: [OperandAxis] = []
    for operand in 1...3 where signature.input(operand) != nil {
      let axis = OperandAxis.input(operand, axis: 1)
      guard signature.length(axis) == gates * count * (operand == 3 ? 2 : 1) else { return nil }
      gated.append(axis)
    }
    guard signature.input(7) == nil || signature.length(.input(7, axis: 1)) == 3 * count else { return nil }
    let states: [OperandAxis] = [
      .input(5, axis: 2), .input(6, axis: 2), .output(0, axis: 3), .output(1, axis: 2), .output(2, axis: 2),
    ].filter { signature.fact($0) != nil }
    return states.allSatisfy { signature.length($0) == count } ? (count, gated, states) : nil
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost {
    var products: Int?
    if let data = signature.input(0)?.shape, data.count == 3, let input = signature.input(1)?.knownShape,
      let recurrent = signature.input(2)?.knownShape, input.count == 3, recurrent.count == 3,
      let steps = data[isBatchFirst ? 1 : 0].known
    {
      let batch = data[isBatchFirst ? 0 : 1]
      let width = input[2].addingReportingOverflow(recurrent[2])
      products =
        width.overflow
        ? nil : [steps, batch.coefficient, input[0], input[1], width.partialValue].product
    }
    return Cost(multiplyAccumulates: products, parameterOperands: [1, 2, 3])
  }

  /// The layer written out, step by step, so that gradients pass through it as through any other nodes.
  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    var x = try chain.input(0)
    if isBatchFirst { x = try chain.transpose(x, [1, 0, 2]) }
    let (steps, batch) = (x.dims[0], x.dims[1])
    guard steps > 0, steps <= Self.stepLimit else {
      throw KernelError("a sequence of \(steps) steps has no kernel; the limit is \(Self.stepLimit)")
    }
    if call.has(4) {
      guard let lengths = try? call.integers(4), lengths.allSatisfy({ $0 == steps }) else {
        throw KernelError("sequences of different lengths have no kernel")
      }
    }
    var (sequences, hidden, cells): ([KernelChain.Value], [KernelChain.Value], [KernelChain.Value]) = (
      [], [], []
    )
    for direction in 0..<directions {
      let weights = try cell.weights(&chain, direction: direction, isBatchFirst: isBatchFirst, batch: batch)
      let result = try cell.run(x, weights, direction: direction, &chain)
      sequences.append(result.sequence)
      hidden.append(result.hidden)
      if let last = result.cell { cells.append(last) }
    }
    // [T, D, N, h] and [D, N, h].
    var all = try chain.concatenate(sequences, axis: 1)
    if isBatchFirst { all = try chain.transpose(all, [2, 0, 1, 3]) }
    func states(_ values: [KernelChain.Value]) throws -> KernelChain.Value? {
      guard !values.isEmpty else { return nil }
      let joined = try chain.concatenate(values, axis: 0)
      return isBatchFirst ? try chain.transpose(joined, [1, 0, 2]) : joined
    }
    return [all, try states(hidden), try states(cells)]
  }

  /// A layer is written out, so that memory and time to build grow with its length.
  private static let stepLimit = 4096

  package func refit(_ edit: inout NodeEdit) throws {
    guard hiddenSize != nil, let survivors = edit.survivors(.input(2, axis: 2)) else { return }
    edit.setAttribute("hidden_size", .int(Int64(survivors.count)))
  }
}
