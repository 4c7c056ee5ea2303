import Analysis
import GraphIR

/// Numbers for the inputs of a network, the same for the same seed on every machine.
///
/// Floats are drawn from a normal distribution (the sum of twelve uniform numbers, less 6), integers and booleans are 0
/// or 1, which is a valid index of everything that has two elements.
package struct SeededInputs: Sendable {
  package enum Floats: Sendable, CaseIterable {
    case normal
    /// A tenth of the magnitude: for networks that take roots and logarithms, or overflow.
    case smallPositive
  }

  package let floats: Floats
  private var state: UInt64

  package init(seed: UInt64, _ floats: Floats = .normal) {
    self.floats = floats
    state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
  }

  package mutating func fill(_ port: Program.Port) {
    if port.scalar == .float {
      for index in port.floats.indices {
        var sum: Float = -6
        for _ in 0..<12 { sum += Float(next() >> 40) * 0x1p-24 }
        port.floats[index] = floats == .normal ? sum : 0.1 * sum.magnitude
      }
    } else {
      for index in port.integers.indices { port.integers[index] = Int64(next() >> 63) }
    }
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Lengths for every input of a model: those given, those stated, `batch` for the first axis and `length` for others
  /// that are open. One symbol has one length.
  package static func shapes(
    _ model: Model, _ facts: GraphFacts, given: [String: [Int]], batch: Int, length: Int
  ) -> [String: [Int]] {
    var lengths: [String: Int] = [:]
    var shapes = given
    for input in model.graph.inputs where model.graph[input.value].initializer == nil {
      let name = model.graph[input.value].name
      guard shapes[name] == nil, let shape = facts[input.value].shape else { continue }
      shapes[name] = shape.enumerated().map { axis, dimension in
        if let known = dimension.known { return known }
        let symbol = dimension.description
        let chosen = lengths[symbol] ?? (axis == 0 ? batch : length)
        lengths[symbol] = chosen
        return chosen
      }
    }
    return shapes
  }
}

extension Program.Port {
  var hasNaN: Bool { scalar == .float && floats.contains(where: \.isNaN) }
}
