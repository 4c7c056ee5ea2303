import GraphIR

/// NumPy's rule for operands of different shapes: aligned at the right, an axis of length 1 fits any other.
enum Broadcast {
  /// The common length of two aligned axes; nil where they contradict each other.
  static func length(_ a: Dimension, _ b: Dimension) -> Dimension? {
    if a == b || b.known == 1 { return a }
    if a.known == 1 { return b }
    switch (a.known, b.known) {
    case (_?, _?): return nil
    case (_?, nil): return a
    case (nil, _?): return b
    case (nil, nil):
      return a.description < b.description ? .derived("broadcast", a, b) : .derived("broadcast", b, a)
    }
  }

  /// The common shape.
  ///
  /// - Throws: `shape-mismatch` where two known lengths differ and neither is 1.
  static func shape(_ shapes: [[Dimension]]) throws -> [Dimension] {
    let rank = shapes.map(\.count).max() ?? 0
    var result = [Dimension](repeating: 1, count: rank)
    for shape in shapes {
      for (axis, dimension) in shape.enumerated() {
        let aligned = axis + rank - shape.count
        guard let length = length(result[aligned], dimension) else {
          let all = shapes.map { "[\($0.map(\.description).joined(separator: ", "))]" }
          throw CompileError("shape-mismatch", "shapes \(all.joined(separator: " and ")) do not broadcast")
        }
        result[aligned] = length
      }
    }
    return result
  }

  /// For every element of an array of shape `result`, row-major, the position of the operand's element.
  static func positions(of shape: [Int], in result: [Int]) -> [Int] {
    var positions = [0]
    var elements = 1
    for axis in stride(from: result.count - 1, through: 0, by: -1) {
      let own = axis - (result.count - shape.count)
      let length = own >= 0 ? shape[own] : 1
      let step = length == 1 ? 0 : elements
      // Rightmost axes vary fastest: what is there so far repeats for every index of this axis.
      positions = (0..<result[axis]).flatMap { index in positions.map { $0 + index * step } }
      elements *= length
    }
    return positions
  }
}

extension ChannelTies {
  /// Ties one axis of the output to the input axes that are aligned with it. An axis of length 1 that is repeated
  /// stays out; a constant of more than one slot acts on the channel alone if `follows` says so of its operand.
  mutating func tieBroadcast(
    _ axes: [OperandAxis], to output: OperandAxis, follows: (Int) -> Bool = { _ in true }
  ) {
    free(output)
    let length = signature.length(output)
    for axis in axes {
      guard signature.length(axis) != 1 || length == 1 else {
        free(axis)
        continue
      }
      tie(axis, output)
      if length != 1, signature.input(axis.operand)?.isConstantDerived == true, follows(axis.operand) {
        follow(axis)
      }
    }
  }

  /// Pins every axis of an operand.
  mutating func pinAll(_ axes: [OperandAxis], _ reason: String) { for axis in axes { pin(axis, reason) } }

  /// All axes of an input, from `first` on.
  func axes(ofInput operand: Int, from first: Int = 0) -> [OperandAxis] {
    let rank = signature.input(operand)?.rank ?? 0
    return rank > first ? (first..<rank).map { .input(operand, axis: $0) } : []
  }

  /// All axes of an output, from `first` on.
  func axes(ofOutput operand: Int, from first: Int = 0) -> [OperandAxis] {
    let rank = signature.output(operand)?.rank ?? 0
    return rank > first ? (first..<rank).map { .output(operand, axis: $0) } : []
  }
}
