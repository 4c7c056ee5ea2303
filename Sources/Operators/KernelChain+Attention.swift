import Kernels

/// The parts of scaled dot-product attention that its operators share.
///
/// Q [N, h, S, d], K [N, h, L, d], V [N, h, L, d′].
extension KernelChain {
  /// [N, S, h·d] as [N, h, S, d].
  mutating func splitHeads(_ x: Value, _ count: Int) throws -> Value {
    guard x.rank == 3, count > 0, x.dims[2] % count == 0 else {
      throw KernelError("\(x.dims) elements are not those of \(count) heads")
    }
    let dims = [x.dims[0], x.dims[1], count, x.dims[2] / count]
    return try transpose(reshape(x, to: dims), [0, 2, 1, 3])
  }

  /// [N, h, S, d] as [N, S, h·d].
  mutating func joinHeads(_ x: Value) throws -> Value {
    let turned = try transpose(x, [0, 2, 1, 3])
    return try reshape(turned, to: [turned.dims[0], turned.dims[1], turned.dims[2] * turned.dims[3]])
  }

  /// Every head of K or V as often as there are heads of Q for it, one after the other.
  mutating func repeatHeads(_ x: Value, for count: Int) throws -> Value {
    guard x.dims[1] != count else { return x }
    guard x.dims[1] > 0, count % x.dims[1] == 0 else {
      throw KernelError("\(x.dims[1]) heads cannot serve \(count)")
    }
    let (times, rest) = (count / x.dims[1], [x.dims[2], x.dims[3]])
    let apart = try reshape(x, to: [x.dims[0], x.dims[1], 1] + rest)
    let wide = try expand(apart, to: [x.dims[0], x.dims[1], times] + rest)
    return try reshape(wide, to: [x.dims[0], count] + rest)
  }

  /// scale · Q·Kᵀ, [N, h, S, L].
  mutating func scores(_ query: Value, _ key: Value, scale: Double) throws -> Value {
    try product(combine(.mul, query, scale), transposeMatrices(key))
  }

  /// Shares of one along the last axis; where all of a row is masked, by −∞ or a number near it, zeros.
  mutating func maskedSoftmax(_ scores: Value, bias: Value?) throws -> Value {
    guard let bias else { return try softmax(scores, axis: scores.rank - 1) }
    let biased = try combine(.add, scores, bias)
    let shares = try softmax(biased, axis: biased.rank - 1)
    let best = try reduce(.max, bias, axes: [bias.rank - 1], keepsAxes: true)
    let floor = try constant(-Double(Float.greatestFiniteMagnitude))
    let isOpen = try run(ComparisonKernel(.greater, best.dims, [], of: .float), best, floor)
    return try choose(isOpen, shares, constant(0))
  }

  /// X where the condition holds, Z elsewhere.
  mutating func choose(_ condition: Value, _ x: Value, _ z: Value) throws -> Value {
    try run(WhereKernel(condition: condition.dims, x.dims, z.dims, of: x.scalar), condition, x, z)
  }

  /// 0 where a mask of truth values lets pass, −∞ elsewhere; a mask of floats is such a bias already.
  mutating func bias(ofMask mask: Value) throws -> Value {
    guard mask.scalar == .integer else { return mask }
    return try choose(mask, constant(0), constant(-.infinity))
  }

  /// A sum of biases, of which any may be missing.
  mutating func sum(_ biases: [Value?]) throws -> Value? {
    var total: Value?
    for case let bias? in biases { total = try total.map { try combine(.add, $0, bias) } ?? bias }
    return total
  }
}

/// Which keys a query sees by their places: key j of query i if j − i − offset lies in a range.
struct AttentionWindow {
  /// The highest j − i − offset that is seen; nil where all are.
  var highest: Int?
  /// The lowest one.
  var lowest: Int?

  var isOpen: Bool { highest == nil && lowest == nil }

  /// The bias, [S, L], with one offset for all.
  func bias(queries: Int, keys: Int, offset: Int, _ chain: inout KernelChain) throws -> KernelChain.Value? {
    guard !isOpen else { return nil }
    var values: [Float] = []
    values.reserveCapacity(queries * keys)
    for query in 0..<queries {
      for key in 0..<keys {
        let distance = key - query - offset
        let isSeen = distance <= highest ?? .max && distance >= lowest ?? .min
        values.append(isSeen ? 0 : -.infinity)
      }
    }
    return try chain.constant(values, dims: [queries, keys])
  }

  /// The bias, [N, 1, S, L], with an offset for each sample, [N].
  func bias(queries: Int, keys: Int, offsets: KernelChain.Value, _ chain: inout KernelChain) throws
    -> KernelChain.Value?
  {
    guard !isOpen else { return nil }
    let places = (0..<queries).flatMap { query in (0..<keys).map { Float($0 - query) } }
    let distances = try chain.combine(
      .sub, chain.constant(places, dims: [queries, keys]),
      chain.reshape(offsets, to: offsets.dims + [1, 1, 1]))
    var biases: [KernelChain.Value?] = []
    for (limit, comparison) in [(highest, Comparison.lessOrEqual), (lowest, .greaterOrEqual)] {
      guard let limit else { continue }
      let number = try chain.constant(Double(limit))
      let isSeen = try chain.run(
        ComparisonKernel(comparison, distances.dims, [], of: .float), distances, number)
      biases.append(try chain.bias(ofMask: isSeen))
    }
    return try chain.sum(biases)
  }
}
