import GraphIR

/// Operators that run a graph of their own, ONNX `If`, `Loop` and `Scan` (opset 1 and later).
///
/// ## Shapes    as far as the bodies state their outputs: If what both branches agree on; Loop's and Scan's gathered
///              outputs with one more axis; what Scan carries on like its first value
/// ## Channels  all stay, and so do the values that a body reads by name
/// ## Cost      none: what a body does is not counted
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__If.html>
package struct ControlFlow: Operator {
  package static let identifiers = [
    OperatorIdentifier("If"), OperatorIdentifier("Loop"), OperatorIdentifier("Scan"),
  ]

  private enum Kind {
    case branches
    case loop
    case scan(scanned: Int, inputAxes: [Int], outputAxes: [Int], isBatched: Bool)
  }

  private let kind: Kind
  /// The stated types of every body's outputs.
  private let bodies: [[DeclaredTensorType?]]

  package init(_ node: OperatorNode) throws {
    bodies = node.node.subgraphs.map { $0.outputs.map { $0.type?.tensor } }
    switch node.opType {
    case "If": kind = .branches
    case "Loop": kind = .loop
    default:
      kind = .scan(
        scanned: max(try node.int("num_scan_inputs") ?? 0, 0),
        inputAxes: try node.ints("scan_input_axes") ?? [],
        outputAxes: try node.ints("scan_output_axes") ?? [], isBatched: node.opsetVersion < 9)
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    (0..<inputs.outputCount).map { output in
      switch kind {
      case .branches: branch(output, inputs)
      case .loop: iterated(output, inputs)
      case .scan(let scanned, let inputAxes, let outputAxes, let isBatched):
        isBatched
          ? batched(output, inputs, scanned: scanned)
          : scan(output, inputs, scanned: scanned, inputAxes: inputAxes, outputAxes: outputAxes)
      }
    }
  }

  /// A body's output as its graph states it. A length's name says no more than that where the body runs several times.
  private func stated(_ body: Int, _ output: Int, _ inputs: Operands, position: Int) -> ValueFact {
    guard bodies.indices.contains(body), bodies[body].indices.contains(output),
      let type = bodies[body][output]
    else { return .unknown }
    let shape = type.dims?.enumerated().map { axis, dim -> Dimension in
      switch (dim.extent, kind) {
      case (.value(let length), _) where length >= 0: Dimension(Int(length))
      case (.parameter(let name), .branches): Dimension(symbol: name)
      default: inputs.freshDimension(axis, output: position)
      }
    }
    return ValueFact(elementType: type.elementType, shape: shape)
  }

  private func branch(_ output: Int, _ inputs: Operands) -> ValueFact {
    let first = stated(0, output, inputs, position: output)
    let second = stated(1, output, inputs, position: output)
    var fact = ValueFact(elementType: first.elementType == second.elementType ? first.elementType : nil)
    if let a = first.shape, let b = second.shape, a.count == b.count {
      fact.shape = a.indices.map { a[$0] == b[$0] ? a[$0] : inputs.freshDimension($0, output: output) }
    }
    return fact
  }

  /// Inputs of a Loop: how often, whether at all, and what is carried on. Outputs of its body: whether again, what is
  /// carried on, what is gathered.
  private func iterated(_ output: Int, _ inputs: Operands) -> ValueFact {
    let carried = max(inputs.count - 2, 0)
    let body = stated(0, output + 1, inputs, position: output)
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
  private func batched(_ output: Int, _ inputs: Operands, scanned: Int) -> ValueFact {
    let carried = max(inputs.count - 1 - scanned, 0)
    let body = stated(0, output, inputs, position: output)
    guard output >= carried else {
      return ValueFact(elementType: body.elementType, shape: inputs[output + 1]?.shape)
    }
    let data = inputs[carried + 1]
    let lengths = (0..<2).map { data?.dimension($0) ?? inputs.freshDimension($0, output: output) }
    return ValueFact(elementType: body.elementType, shape: body.shape.map { lengths + $0 })
  }

  private func scan(
    _ output: Int, _ inputs: Operands, scanned: Int, inputAxes: [Int], outputAxes: [Int]
  ) -> ValueFact {
    let carried = max(inputs.count - scanned, 0)
    guard output >= carried else {
      return ValueFact(elementType: inputs[output]?.elementType, shape: inputs[output]?.shape)
    }
    let body = stated(0, output, inputs, position: output)
    guard var shape = body.shape else { return ValueFact(elementType: body.elementType) }
    let steps = (carried..<max(inputs.count, carried)).lazy.compactMap { input in
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

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
