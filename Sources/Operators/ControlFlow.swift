import GraphIR
import Kernels

/// Operators that run graphs of their own: ONNX `If`, `Loop`, `Scan` and `SequenceMap` (opset 1 and later).
///
/// While a network is compiled, most of them read, behind their own inputs, what their bodies give out
/// (``OpenedBodies``): If the results of one branch and then those of the other. Of bodies that stay closed, only the
/// types that they state are known.
///
/// ## Shapes    If: what both branches agree on; Loop's and Scan's gathered outputs with one more axis; what Scan carries
///              on like its first value
/// ## Channels  If gives out the channels of both branches, tied; what enters or leaves a loop, or a closed body, stays
/// ## Cost      none of their own; a body counts once, whatever the number of iterations, and so do both branches
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__If.html>
package struct ControlFlow: ComposedOperator {
  package static let identifiers = ["If", "Loop", "Scan", "SequenceMap"].map { OperatorIdentifier($0) }

  private enum Kind {
    case branches
    case loop
    case scan(scanned: Int, inputAxes: [Int], outputAxes: [Int], isBatched: Bool)
    case map
  }

  private let kind: Kind
  /// Whether the attributes name the branch of a condition that does not hold first.
  private let hasElseFirst: Bool
  /// The stated types of every closed body's outputs; none where the bodies are open.
  private let bodies: [[DeclaredTensorType?]]

  package init(_ node: OperatorNode) throws {
    hasElseFirst = node.node.attributes.first { $0.name.hasSuffix("_branch") }?.name == "else_branch"
    bodies = node.node.subgraphs.map { $0.outputs.map { $0.type?.tensor } }
    switch node.opType {
    case "If": kind = .branches
    case "Loop": kind = .loop
    case "SequenceMap": kind = .map
    default:
      kind = .scan(
        scanned: max(try node.int("num_scan_inputs") ?? 0, 0),
        inputAxes: try node.ints("scan_input_axes") ?? [],
        outputAxes: try node.ints("scan_output_axes") ?? [], isBatched: node.opsetVersion < 9)
    }
  }

  private var isOpen: Bool { bodies.isEmpty }

  /// How many of a node's inputs are its own, and not what open bodies give out; nil where they do not add up.
  private func ownCount(_ inputs: Int, _ outputs: Int) -> Int? {
    guard isOpen else { return inputs }
    switch kind {
    case .branches: return inputs == 1 + 2 * outputs ? 1 : nil
    case .loop: return inputs >= outputs + 3 ? inputs - outputs - 1 : nil
    case .scan: return inputs > outputs ? inputs - outputs : nil
    case .map: return nil
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    guard let own = ownCount(inputs.count, inputs.outputCount) else { return [] }
    return (0..<inputs.outputCount).map { output in
      switch kind {
      case .branches: branch(output, inputs, own)
      case .loop: iterated(output, inputs, own)
      case .scan(let scanned, let inputAxes, let outputAxes, let isBatched):
        isBatched
          ? batched(output, inputs, own, scanned: scanned)
          : scan(output, inputs, own, scanned: scanned, inputAxes: inputAxes, outputAxes: outputAxes)
      case .map: .unknown
      }
    }
  }

  /// What a body gives out as output `index`. A length's name says no more than that where the body runs several times.
  private func result(
    _ body: Int, _ index: Int, _ inputs: Operands, _ own: Int, position: Int
  ) -> ValueFact {
    var fact: ValueFact
    if isOpen {
      let given = inputs[own + body * inputs.outputCount + index] ?? .unknown
      fact = ValueFact(elementType: given.elementType, shape: given.shape)
    } else {
      guard bodies.indices.contains(body), bodies[body].indices.contains(index),
        let type = bodies[body][index]
      else { return .unknown }
      fact = ValueFact(elementType: type.elementType)
      fact.shape = type.dims?.enumerated().map { axis, dim in
        switch dim.extent {
        case .value(let length) where length >= 0: Dimension(Int(length))
        case .parameter(let name): Dimension(symbol: name)
        default: inputs.freshDimension(axis, output: position)
        }
      }
    }
    // A stated length of what Scan gathers is that of every turn.
    if case .loop = kind {} else { return fact }
    fact.shape = fact.shape?.enumerated().map { axis, length in
      length.known == nil ? inputs.freshDimension(axis, output: position) : length
    }
    return fact
  }

  private func branch(_ output: Int, _ inputs: Operands, _ own: Int) -> ValueFact {
    let first = result(0, output, inputs, own, position: output)
    let second = result(1, output, inputs, own, position: output)
    var fact = ValueFact(elementType: first.elementType == second.elementType ? first.elementType : nil)
    if let a = first.shape, let b = second.shape, a.count == b.count {
      fact.shape = a.indices.map { a[$0] == b[$0] ? a[$0] : inputs.freshDimension($0, output: output) }
    }
    return fact
  }

  /// Inputs of a Loop: how often, whether at all, and what is carried on. Outputs of its body: whether again, what is
  /// carried on, what is gathered.
  private func iterated(_ output: Int, _ inputs: Operands, _ own: Int) -> ValueFact {
    let carried = max(own - 2, 0)
    let body = result(0, output + 1, inputs, own, position: output)
    guard output >= carried else {
      // Its shape may be another one after every turn, and the first one where there is none.
      return ValueFact(elementType: inputs[output + 2]?.elementType ?? body.elementType)
    }
    let turns = inputs.freshDimension(0, output: output)
    return ValueFact(
      elementType: body.elementType,
      shape: body.shape.map { shape in
        [turns]
          + shape.enumerated().map {
            $1.known == nil ? inputs.freshDimension($0 + 1, output: output) : $1
          }
      })
  }

  /// Until opset 8 all have the batch first; the first input says how long its sequences are.
  private func batched(_ output: Int, _ inputs: Operands, _ own: Int, scanned: Int) -> ValueFact {
    let carried = max(own - 1 - scanned, 0)
    let body = result(0, output, inputs, own, position: output)
    guard output >= carried else {
      return ValueFact(elementType: body.elementType, shape: inputs[output + 1]?.shape)
    }
    let data = inputs[carried + 1]
    let lengths = (0..<2).map { data?.dimension($0) ?? inputs.freshDimension($0, output: output) }
    return ValueFact(elementType: body.elementType, shape: body.shape.map { lengths + $0 })
  }

  private func scan(
    _ output: Int, _ inputs: Operands, _ own: Int, scanned: Int, inputAxes: [Int], outputAxes: [Int]
  ) -> ValueFact {
    let carried = max(own - scanned, 0)
    guard output >= carried else {
      return ValueFact(elementType: inputs[output]?.elementType, shape: inputs[output]?.shape)
    }
    let body = result(0, output, inputs, own, position: output)
    guard var shape = body.shape else { return ValueFact(elementType: body.elementType) }
    let steps = (carried..<max(own, carried)).lazy.compactMap { input in
      inputs[input]?.dimension(
        inputAxes.indices.contains(input - carried) ? inputAxes[input - carried] : 0)
    }.first
    let index = output - carried
    let axis = outputAxes.indices.contains(index) ? outputAxes[index] : 0
    let position = axis < 0 ? axis + shape.count + 1 : axis
    guard (0...shape.count).contains(position) else { return ValueFact(elementType: body.elementType) }
    shape.insert(steps ?? inputs.freshDimension(shape.count, output: output), at: position)
    return ValueFact(elementType: body.elementType, shape: shape)
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let count = ties.signature.outputs.count
    if isOpenedChoice(ties.signature.inputs.count, count) {
      for output in 0..<count {
        ties.tieAxes(ofInput: 1 + output, toOutput: output)
        ties.tieAxes(ofInput: 1 + count + output, toOutput: output)
      }
      return
    }
    for operand in ties.signature.inputs.indices {
      for axis in ties.axes(ofInput: operand) {
        ties.pin(axis, "enters or leaves the body of a control-flow node")
      }
    }
    for operand in ties.signature.outputs.indices {
      for axis in ties.axes(ofOutput: operand) { ties.pin(axis, "leaves the body of a control-flow node") }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard isOpenedChoice(operands.count, signature.outputs.count), operands.count == 3 else { return nil }
    return operands[1] == operands[2] ? operands[1] : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}

  /// Whether the condition of an If holds, where that is known.
  private func knownCondition(_ signature: Signature) -> Bool? {
    let content = signature.input(0)?.knownContent ?? signature.input(0)?.constant?.integers
    return content?.first.map { $0 != 0 }
  }

  package func neededInputs(_ signature: Signature) -> [Int] {
    let count = signature.outputs.count
    guard isOpenedChoice(signature.inputs.count, count), let condition = knownCondition(signature) else {
      return Array(signature.inputs.indices)
    }
    return Array(condition != hasElseFirst ? 1..<1 + count : 1 + count..<1 + 2 * count)
  }

  /// An If of which both branches are there: the one that its condition names, element by element where that is known
  /// only when the network runs.
  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    let count = call.signature.outputs.count
    guard isOpenedChoice(call.signature.inputs.count, count) else {
      throw KernelError("its body cannot be run")
    }
    let condition = knownCondition(call.signature)
    return try (0..<count).map { output in
      guard call.wants(output) else { return nil }
      if let condition {
        let taken = try chain.input(1 + output + (condition != hasElseFirst ? 0 : count))
        return try chain.run(ReshapeKernel(taken.dims, taken.scalar), taken)
      }
      let (first, second) = (try chain.input(1 + output), try chain.input(1 + count + output))
      guard first.dims == second.dims, first.scalar == second.scalar else {
        throw KernelError("its branches give results of different shapes or types")
      }
      let flag = try chain.reshape(chain.input(0), to: [])
      return try hasElseFirst ? chain.choose(flag, second, first) : chain.choose(flag, first, second)
    }
  }

  private func isOpenedChoice(_ inputs: Int, _ outputs: Int) -> Bool {
    guard case .branches = kind else { return false }
    return isOpen && outputs > 0 && ownCount(inputs, outputs) != nil
  }
}
