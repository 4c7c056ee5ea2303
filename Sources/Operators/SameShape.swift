import GraphIR
import Kernels

/// Operators that keep the shape of their first input and mix its elements: ONNX `RotaryEmbedding` (opset 23), and ONNX
/// Runtime's `RotaryEmbedding`, `GroupNorm`, `SkipGroupNorm` and `BiasSoftmax`.
///
/// ## Shapes    Y like X, and so the sum that SkipGroupNorm gives
/// ## Channels  all stay
/// ## Cost      none
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html>
package struct SameShape: ComposedOperator {
  package static let identifiers =
    [OperatorIdentifier("RotaryEmbedding")]
    + ["BiasSoftmax", "GroupNorm", "RotaryEmbedding", "SkipGroupNorm"].map(OperatorIdentifier.microsoft)

  private let name: String
  private let rotation: Rotation
  private let groups: Int
  private let epsilon: Float
  private let isChannelsLast: Bool
  private let appliesSwish: Bool

  private struct Rotation {
    let isInterleaved: Bool
    let width: Int
    let heads: Int
    let isContributed: Bool
  }

  package init(_ node: OperatorNode) throws {
    name = node.opType
    rotation = Rotation(
      isInterleaved: try node.int("interleaved") ?? 0 != 0, width: try node.int("rotary_embedding_dim") ?? 0,
      heads: try node.int("num_heads") ?? 0, isContributed: !node.node.canonicalDomain.isEmpty)
    groups = try node.int("groups") ?? 1
    epsilon = try node.float("epsilon") ?? 1e-5
    isChannelsLast = try node.int("channels_last") ?? 1 != 0
    appliesSwish = try node.int("activation") ?? 0 == 1
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    let data = ValueFact(elementType: inputs[0]?.elementType, shape: inputs[0]?.shape)
    return [ValueFact](repeating: data, count: inputs.outputCount)
  }

  package func tieChannels(_ ties: inout ChannelTies) {}

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    switch name {
    case "RotaryEmbedding": return [try rotate(&chain)]
    case "GroupNorm": return [try normalize(&chain)]
    default: throw KernelError("\(name) has no kernel")
    }
  }

  /// Groups of channels, which lie last, normalised, and perhaps x·sigmoid(x) of that.
  private func normalize(_ chain: inout KernelChain) throws -> KernelChain.Value {
    var x = try chain.input(0)
    let (scale, bias) = (try chain.input(1), try chain.input(2))
    guard x.rank >= 3, groups > 0 else { throw KernelError("X has no channels") }
    let spatial = Array(1..<x.rank - 1)
    if isChannelsLast { x = try chain.transpose(x, [0, x.rank - 1] + spatial) }
    guard x.dims[1] % groups == 0, scale.dims == [x.dims[1]], bias.dims == scale.dims else {
      throw KernelError("its parameters do not fit \(x.dims[1]) channels in \(groups) groups")
    }
    x = try chain.run(
      GroupNormalizationKernel(x.dims, groups: groups, parameterCount: x.dims[1], epsilon: epsilon), x, scale,
      bias)
    if isChannelsLast { x = try chain.transpose(x, [0] + spatial.map { $0 + 1 } + [1]) }
    return appliesSwish ? try chain.apply(.swish(alpha: 1), x) : x
  }

  /// Pairs of elements turned by the angle of their place: (x₁, x₂) becomes (cos·x₁ − sin·x₂, sin·x₁ + cos·x₂).
  private func rotate(_ chain: inout KernelChain) throws -> KernelChain.Value {
    let input = try chain.input(0)
    // ONNX Runtime has the places in front of the tables.
    let (cosines, sines, places) = rotation.isContributed ? (2, 3, 1) : (1, 2, 3)
    var x = input
    if input.rank == 3 {
      let heads = rotation.heads
      guard heads > 0, input.dims[2] % heads == 0 else {
        throw KernelError("the node does not say how many heads it has")
      }
      x = try chain.reshape(input, to: [input.dims[0], input.dims[1], heads, input.dims[2] / heads])
    } else {
      guard input.rank == 4 else { throw KernelError("X has rank \(input.rank), not 3 or 4") }
      x = try chain.transpose(input, [0, 2, 1, 3])
    }
    let width = rotation.width == 0 ? x.dims[3] : rotation.width
    guard width % 2 == 0, width <= x.dims[3] else {
      throw KernelError("\(width) elements cannot be turned in pairs")
    }
    func table(_ index: Int) throws -> KernelChain.Value {
      var table = try chain.input(index)
      if let places = chain.optionalInput(places), table.rank == 2 {
        guard places.rank == 2 else { throw KernelError("places of rank \(places.rank) have no kernel") }
        table = try chain.run(GatherKernel(table.dims, indices: places.dims, axis: 0), table, places)
      }
      guard table.rank == 3, table.dims[2] == width / 2 else {
        throw KernelError("a table of \(table.dims) elements does not fit pairs of \(width)")
      }
      return try chain.reshape(table, to: [table.dims[0], table.dims[1], 1, width / 2])
    }
    let (cosine, sine) = (try table(cosines), try table(sines))
    let turned = try chain.slice(x, axis: 3, 0..<width)
    let pairDims = Array(x.dims[..<3]) + (rotation.isInterleaved ? [width / 2, 2] : [2, width / 2])
    let pairAxis = rotation.isInterleaved ? 4 : 3
    let pairs = try chain.split(chain.reshape(turned, to: pairDims), axis: pairAxis, [1, 1])
    let half = Array(x.dims[..<3]) + [width / 2]
    let (first, second) = (try chain.reshape(pairs[0], to: half), try chain.reshape(pairs[1], to: half))
    let real = try chain.combine(.sub, chain.combine(.mul, first, cosine), chain.combine(.mul, second, sine))
    let imaginary = try chain.combine(
      .add, chain.combine(.mul, first, sine), chain.combine(.mul, second, cosine))
    let single = rotation.isInterleaved ? half + [1] : Array(half[..<3]) + [1, width / 2]
    let joined = try chain.concatenate(
      [chain.reshape(real, to: single), chain.reshape(imaginary, to: single)], axis: pairAxis)
    var result = try chain.reshape(joined, to: turned.dims)
    if width < x.dims[3] {
      result = try chain.concatenate([result, chain.slice(x, axis: 3, width..<x.dims[3])], axis: 3)
    }
    return input.rank == 3
      ? try chain.reshape(result, to: input.dims) : try chain.transpose(result, [0, 2, 1, 3])
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
