import GraphIR

/// Where the operands of ``FusedAttention`` have their heads.
struct FusedHeads: Sendable {
  let heads: AttentionHeads
  private(set) var queries: [AttentionHeads.Run] = []
  private(set) var shared: [AttentionHeads.Run] = []
  /// Inputs that are added to Q, K and V.
  private(set) var biases: Set<Int> = []

  /// Nil where they are not known for certain.
  ///
  /// - Parameter shared: how many heads K and V have in `GroupQueryAttention`.
  /// - Parameter sizes: attribute `qkv_hidden_sizes` of `Attention`.
  init?(_ name: String, heads count: Int, shared: Int, sizes: [Int]?, _ signature: Signature) {
    let isGrouped = name == "GroupQueryAttention"
    guard let heads = AttentionHeads(queries: count, shared: isGrouped ? shared : count) else { return nil }
    self.heads = heads
    var isKnown = addQuery(.output(0, axis: 2), signature)
    switch name {
    case "Attention": isKnown = isKnown && addPackedWeights(sizes, signature)
    case "MultiHeadAttention": isKnown = isKnown && addMultiHead(signature)
    case "GroupQueryAttention": isKnown = isKnown && addGrouped(signature)
    default: return nil
    }
    guard isKnown else { return nil }
  }

  private mutating func addQuery(_ axis: OperandAxis, _ signature: Signature) -> Bool {
    guard let run = AttentionHeads.run(axis, count: heads.queryCount, signature) else { return false }
    queries.append(run)
    return true
  }

  private mutating func addShared(_ axis: OperandAxis, _ signature: Signature) -> Bool {
    guard let run = AttentionHeads.run(axis, count: heads.sharedCount, signature) else { return false }
    shared.append(run)
    return true
  }

  /// Q, K and V one after the other on one axis, with heads of these sizes.
  private mutating func addPacked(_ axis: OperandAxis, _ sizes: [Int], _ signature: Signature) -> Bool {
    let counts = [heads.queryCount, heads.sharedCount, heads.sharedCount]
    let lengths = zip(sizes, counts).map { $0 * $1 }
    guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 }), signature.length(axis) == lengths.reduce(0, +)
    else { return false }
    queries.append(AttentionHeads.Run(axis: axis, size: sizes[0], count: counts[0]))
    shared.append(AttentionHeads.Run(axis: axis, size: sizes[1], count: counts[1], start: lengths[0]))
    shared.append(
      AttentionHeads.Run(axis: axis, size: sizes[2], count: counts[2], start: lengths[0] + lengths[1]))
    return true
  }

  private mutating func addMask(_ input: Int, _ signature: Signature) -> Bool {
    guard let axes = AttentionHeads.maskAxes(signature, input: input) else { return false }
    return axes.allSatisfy { addQuery($0, signature) }
  }

  /// Operands that may be missing.
  private mutating func addStates(_ axes: [OperandAxis], _ signature: Signature) -> Bool {
    axes.filter { signature.fact($0) != nil }.allSatisfy { addShared($0, signature) }
  }

  // MARK: - Operators

  private mutating func addPackedWeights(_ stated: [Int]?, _ signature: Signature) -> Bool {
    guard let width = signature.length(.input(1, axis: 1)), let rank = signature.input(0)?.rank, rank == 3
    else { return false }
    let sizes = stated ?? [width / 3, width / 3, width / 3]
    guard sizes.allSatisfy({ $0 % heads.queryCount == 0 }),
      addPacked(.input(1, axis: 1), sizes.map { $0 / heads.queryCount }, signature)
    else { return false }
    if signature.input(2) != nil {
      guard addPacked(.input(2, axis: 0), sizes.map { $0 / heads.queryCount }, signature) else {
        return false
      }
      biases.insert(2)
    }
    return addMask(5, signature) && addStates([.input(4, axis: 2), .output(1, axis: 2)], signature)
  }

  private mutating func addMultiHead(_ signature: Signature) -> Bool {
    for (operand, axes) in [(0, [3: 2, 5: 2]), (1, [3: 2, 4: 1, 5: 2]), (2, [3: 2, 4: 1])] {
      guard let fact = signature.input(operand) else { continue }
      guard let rank = fact.rank, let axis = axes[rank] else { return false }
      let own = OperandAxis.input(operand, axis: axis)
      // Of rank 4 and 5 heads have an axis of their own.
      guard rank == 3 || signature.length(own) == heads.queryCount else { return false }
      guard operand == 0 ? addQuery(own, signature) : addShared(own, signature) else { return false }
    }
    if signature.input(3) != nil {
      guard let bias = signature.length(.input(3, axis: 0)), let value = queries.first?.size,
        bias % heads.queryCount == 0
      else { return false }
      let key = (bias / heads.queryCount - value) / 2
      guard addPacked(.input(3, axis: 0), [key, key, value], signature) else { return false }
      biases.insert(3)
    }
    return addMask(5, signature)
      && addStates(
        [.input(6, axis: 1), .input(7, axis: 1), .output(1, axis: 1), .output(2, axis: 1)], signature)
      && (signature.output(3) == nil || addQuery(.output(3, axis: 1), signature))
      && signature.input(9) == nil
  }

  private mutating func addGrouped(_ signature: Signature) -> Bool {
    guard signature.input(0)?.rank == 3 else { return false }
    if signature.input(1) == nil {
      let all = heads.queryCount + 2 * heads.sharedCount
      guard let length = signature.length(.input(0, axis: 2)), length % all == 0 else { return false }
      let size = length / all
      guard addPacked(.input(0, axis: 2), [size, size, size], signature) else { return false }
    } else {
      guard signature.input(1)?.rank == 3, signature.input(2)?.rank == 3,
        addQuery(.input(0, axis: 2), signature), addShared(.input(1, axis: 2), signature),
        addShared(.input(2, axis: 2), signature)
      else { return false }
    }
    // Scales of quantised keys and values may be one a channel.
    guard signature.input(12) == nil, signature.input(13) == nil, addMask(10, signature),
      addStates(
        [.input(3, axis: 1), .input(4, axis: 1), .output(1, axis: 1), .output(2, axis: 1)], signature)
    else { return false }
    for axis in [OperandAxis.input(11, axis: 0), .output(3, axis: 1)] where signature.fact(axis) != nil {
      guard addQuery(axis, signature) else { return false }
    }
    return true
  }
}
