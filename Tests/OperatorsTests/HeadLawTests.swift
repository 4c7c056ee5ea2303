import GraphIR
import TestSupport
import Testing

/// **Cut = mask** of attention: heads go with all that they have.
@Suite("Laws of attention") struct HeadLawTests {
  private static func counts(_ queries: Int, _ shared: Int) -> [Attribute] {
    [Attribute("q_num_heads", .int(Int64(queries))), Attribute("kv_num_heads", .int(Int64(shared)))]
  }

  @Test(arguments: [(4, 4, 3, 3), (6, 3, 2, 3), (6, 2, 3, 2), (4, 1, 2, 2)], [false, true])
  func attention(_ sizes: (queries: Int, shared: Int, width: Int, value: Int), _ isMasked: Bool) throws {
    let (h, k) = (Dimension(sizes.queries), Dimension(sizes.shared))
    let (d, v) = (Dimension(sizes.width), Dimension(sizes.value))
    let mask: [ValueFact?] = isMasked ? [.weight([1, h, 3, 4])] : []
    let apart = try OperatorCase(
      "Attention", opset: 23,
      inputs: [.float([2, h, 3, d]), .float([2, k, 4, d]), .float([2, k, 4, v])] + mask)
    func formula(_ inputs: [Numbers?], _ attributes: [Attribute]) -> Numbers {
      attend(inputs[0]!, inputs[1]!, inputs[2]!, mask: inputs.count > 3 ? inputs[3] : nil, d: sizes.width)
    }
    #expect(try checkMasks(apart, formula).allSatisfy { $0 > 0 })
    let flat = try OperatorCase(
      "Attention", opset: 23, Self.counts(sizes.queries, sizes.shared),
      inputs: [.float([2, 3, h * d]), .float([2, 4, k * d]), .float([2, 4, k * v])] + mask)
    let ways = try checkMasks(flat) { inputs, attributes in
      let queries = attributes.int("q_num_heads", or: 0)
      let shared = attributes.int("kv_num_heads", or: 0)
      return joined(
        attend(
          split(inputs[0]!, queries), split(inputs[1]!, shared), split(inputs[2]!, shared),
          mask: inputs.count > 3 ? inputs[3] : nil, d: sizes.width))
    }
    #expect(ways.contains(sizes.queries / sizes.shared == 1 ? sizes.queries : sizes.queries / sizes.shared))
  }

  @Test(arguments: [4, 6])
  func packedWeights(_ value: Int) throws {
    let (h, d) = (3, 4)
    let width = Dimension(h * (2 * d + value))
    let attributes = [
      Attribute("num_heads", .int(Int64(h))),
      Attribute("qkv_hidden_sizes", .ints([h * d, h * d, h * value].map { Int64($0) })),
    ]
    let sample = try OperatorCase(
      "Attention", domain: "com.microsoft", opset: 1, attributes,
      inputs: [.float([2, 3, 5]), .weight([5, width]), .weight([width])])
    let ways = try checkMasks(sample) { inputs, attributes in
      let heads = attributes.int("num_heads", or: 0)
      guard case .ints(let sizes)? = attributes.first(where: { $0.name == "qkv_hidden_sizes" })?.value else {
        fatalError("no sizes")
      }
      let (x, weight, bias) = (inputs[0]!, inputs[1]!, inputs[2]!)
      let packed = Numbers([x.shape[0], x.shape[1], weight.shape[1]]) { at in
        (0..<x.shape[2]).reduce(bias[[at[2]]]) { $0 + x[[at[0], at[1], $1]] * weight[[$1, at[2]]] }
      }
      var start = 0
      let parts = sizes.map { size -> Numbers in
        defer { start += Int(size) }
        return packed.sliced { [start] in $0 == 2 ? Array(start..<start + Int(size)) : nil }
      }
      return joined(
        attend(split(parts[0], heads), split(parts[1], heads), split(parts[2], heads), mask: nil, d: d))
    }
    // Three heads, and five features that the weights read.
    #expect(ways == [3 + 5])
  }

  @Test func severalHeads() throws {
    let attributes = [Attribute("num_heads", .int(3))]
    let sample = try OperatorCase(
      "MultiHeadAttention", domain: "com.microsoft", opset: 1, attributes,
      inputs: [.float([2, 3, 12]), .float([2, 4, 12]), .float([2, 4, 6]), .weight([30])])
    let ways = try checkMasks(sample) { inputs, attributes in
      let heads = attributes.int("num_heads", or: 0)
      var start = 0
      let parts = (0..<3).map { part -> Numbers in
        let (x, bias) = (inputs[part]!, inputs[3]!)
        defer { start += x.shape[2] }
        return Numbers(x.shape) { [start] in x[$0] + bias[[start + $0[2]]] }
      }
      return joined(
        attend(split(parts[0], heads), split(parts[1], heads), split(parts[2], heads), mask: nil, d: 4))
    }
    #expect(ways == [3])
  }

  @Test func masksWhoseHeadsAreNotKnown() throws {
    let (x, counts) = (ValueFact.float([2, 3, 12]), Self.counts(3, 3))
    let three = try OperatorCase("Attention", opset: 23, counts, inputs: [x, x, x, .weight([3, 3, 3])])
    #expect(three.ties().free.isEmpty)
    let open = try OperatorCase("Attention", opset: 23, counts, inputs: [x, x, x, .named("1 h 3 3")])
    #expect(open.ties().free.isEmpty)
    let one = try OperatorCase("Attention", opset: 23, counts, inputs: [x, x, x, .weight([1, 1, 3, 3])])
    #expect(one.ties().free.count == 3)
  }
}

/// softmax(Q·Kᵀ / √d + mask) · V of operands [N, h, S, d]; `mask` is [1, h, S, L].
private func attend(_ q: Numbers, _ k: Numbers, _ v: Numbers, mask: Numbers?, d: Int) -> Numbers {
  let times = q.shape[1] / k.shape[1]
  let scores = Numbers([q.shape[0], q.shape[1], q.shape[2], k.shape[2]]) { at in
    let sum = (0..<q.shape[3]).reduce(0.0) {
      $0 + q[[at[0], at[1], at[2], $1]] * k[[at[0], at[1] / times, at[3], $1]]
    }
    return exp2(sum / Double(d).squareRoot() + (mask.map { $0[[0, at[1], at[2], at[3]]] } ?? 0))
  }
  return Numbers([q.shape[0], q.shape[1], q.shape[2], v.shape[3]]) { at in
    let shares = (0..<k.shape[2]).map { scores[[at[0], at[1], at[2], $0]] }
    let sum = (0..<k.shape[2]).reduce(0.0) { $0 + shares[$1] * v[[at[0], at[1] / times, $1, at[3]]] }
    return sum / shares.reduce(0, +)
  }
}

/// Any increasing function will do for the exponential: here, one without Foundation.
private func exp2(_ x: Double) -> Double { 1 + x + x * x / 2 + x * x * x / 6 + x * x * x * x / 24 }

/// [N, S, h·d] as [N, h, S, d].
private func split(_ x: Numbers, _ heads: Int) -> Numbers {
  let width = x.shape[2] / heads
  return Numbers([x.shape[0], heads, x.shape[1], width]) { x[[$0[0], $0[2], $0[1] * width + $0[3]]] }
}

private func joined(_ x: Numbers) -> Numbers {
  let width = x.shape[3]
  return Numbers([x.shape[0], x.shape[2], x.shape[1] * width]) {
    x[[$0[0], $0[2] / width, $0[1], $0[2] % width]]
  }
}
