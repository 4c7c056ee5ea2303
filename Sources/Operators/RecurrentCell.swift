import GraphIR
import Kernels

/// One step of ``RecurrentNetwork``.
///
///     RNN   H′ = f(X·Wᵀ + H·Rᵀ + b)
///     GRU   z, r = f(…)    n = g(X·Wᵀ + (r ∘ H)·Rᵀ + b), or g(X·Wᵀ + r ∘ (H·Rᵀ + b′) + b)    H′ = (1 − z) ∘ n + z ∘ H
///     LSTM  i, o, f = f(… + P ∘ C)    c = g(…)    C′ = f ∘ C + i ∘ c    H′ = o ∘ h(C′)
///
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__LSTM.html>
struct RecurrentCell: Sendable {
  enum Kind: String {
    case rnn = "RNN"
    case gru = "GRU"
    case lstm = "LSTM"
  }

  /// How many runs of rows the weights of each kind have.
  static let gateCounts: [String: Int] = [Kind.rnn.rawValue: 1, Kind.gru.rawValue: 3, Kind.lstm.rawValue: 4]

  private let kind: Kind
  /// By direction; f, g and h.
  private let activations: [[Kernels.UnaryFunction?]]
  private let isLinearBeforeReset: Bool
  private let couplesForgetting: Bool
  private let clip: Float?
  private let isReverse: Bool

  init(_ node: OperatorNode, directions: Int) throws {
    kind = Kind(rawValue: node.opType) ?? .rnn
    let usual =
      [Kind.rnn: ["Tanh"], .gru: ["Sigmoid", "Tanh"], .lstm: ["Sigmoid", "Tanh", "Tanh"]][kind] ?? []
    let names = try node.strings("activations") ?? usual + usual
    let (alpha, beta) = (try node.floats("activation_alpha") ?? [], try node.floats("activation_beta") ?? [])
    // Parameters belong to the functions that have any, in their order.
    var (nextAlpha, nextBeta) = (alpha.makeIterator(), beta.makeIterator())
    let functions = try names.map { name -> Kernels.UnaryFunction? in
      var parameters: [Float] = []
      if Self.parameterCounts[name.lowercased(), default: 0] > 0, let value = nextAlpha.next() {
        parameters.append(value)
        if Self.parameterCounts[name.lowercased()] == 2, let value = nextBeta.next() {
          parameters.append(value)
        }
      }
      return try Kernels.UnaryFunction(activation: Self.spelling[name.lowercased()] ?? name, parameters, node)
    }
    activations = (0..<directions).map { direction in
      (0..<usual.count).map { position in
        let index = direction * usual.count + position
        return functions.indices.contains(index) ? functions[index] : nil
      }
    }
    isLinearBeforeReset = try node.int("linear_before_reset") ?? 0 != 0
    couplesForgetting = try node.int("input_forget") ?? 0 != 0
    clip = try node.float("clip")
    isReverse = try node.string("direction") == "reverse"
  }

  /// ONNX Runtime takes names in any case.
  private static let spelling: [String: String] = Dictionary(
    uniqueKeysWithValues: [
      "Relu", "Tanh", "Sigmoid", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu", "Softsign", "Softplus",
    ].map { ($0.lowercased(), $0) })

  private static let parameterCounts = ["leakyrelu": 1, "thresholdedrelu": 1, "elu": 1, "hardsigmoid": 2]

  // MARK: - Weights

  /// What one direction computes with; biases, first states and peepholes may be missing.
  struct Weights {
    /// [I, gates·h] and [h, gates·h].
    let input: KernelChain.Value
    let recurrent: KernelChain.Value
    /// Of the two products, [gates·h].
    let biases: (KernelChain.Value, KernelChain.Value)?
    /// [N, h]
    let hidden: KernelChain.Value
    let cell: KernelChain.Value
    /// Of i, o and f, [h].
    let peepholes: [KernelChain.Value]?

    var size: Int { recurrent.dims[0] }
    var gates: Int { recurrent.dims[1] / max(size, 1) }
  }

  func weights(_ chain: inout KernelChain, direction: Int, isBatchFirst: Bool, batch: Int) throws -> Weights {
    func part(_ index: Int, axis: Int = 0) throws -> KernelChain.Value? {
      guard let value = chain.optionalInput(index) else { return nil }
      var dims = value.dims
      let row = try chain.slice(value, axis: axis, direction..<direction + 1)
      dims.remove(at: axis)
      return try chain.reshape(row, to: dims)
    }
    guard let input = try part(1), let recurrent = try part(2), input.rank == 2, recurrent.rank == 2,
      recurrent.dims[0] == input.dims[0], recurrent.dims[1] > 0, recurrent.dims[0] % recurrent.dims[1] == 0
    else { throw KernelError("its weights are missing, or of different sizes") }
    let size = recurrent.dims[1]
    let biases = try part(3).map { try chain.split($0, axis: 0, [input.dims[0], input.dims[0]]) }
    let zeros = try chain.run(ConstantFillKernel([batch, size], value: 0))
    let first = try part(5, axis: isBatchFirst ? 1 : 0) ?? zeros
    let cell = try kind == .lstm ? part(6, axis: isBatchFirst ? 1 : 0) ?? zeros : zeros
    let peepholes =
      try kind == .lstm ? part(7).map { try chain.split($0, axis: 0, [size, size, size]) } : nil
    return Weights(
      input: try chain.transposeMatrices(input), recurrent: try chain.transposeMatrices(recurrent),
      biases: biases.map { ($0[0], $0[1]) }, hidden: first, cell: cell, peepholes: peepholes)
  }

  // MARK: - Steps

  /// All steps of one direction.
  ///
  /// - Parameter x: [T, N, I]
  /// - Returns: sequence [T, 1, N, h], hidden and cell [1, N, h].
  func run(_ x: KernelChain.Value, _ weights: Weights, direction: Int, _ chain: inout KernelChain) throws
    -> (sequence: KernelChain.Value, hidden: KernelChain.Value, cell: KernelChain.Value?)
  {
    let (steps, batch, size) = (x.dims[0], x.dims[1], weights.size)
    let width = weights.gates * size
    // X·Wᵀ of all steps at once.
    let rows = try chain.reshape(x, to: [steps * batch, x.dims[2]])
    var products = try chain.product(rows, weights.input)
    if let (own, recurrent) = weights.biases {
      products = try chain.combine(.add, products, own)
      // What GRU multiplies with r is added later.
      if kind != .gru { products = try chain.combine(.add, products, recurrent) }
    }
    products = try chain.reshape(products, to: [steps, batch * width])
    let inputs = try chain.split(products, axis: 0, [Int](repeating: 1, count: steps))
    var (hidden, cell) = (weights.hidden, weights.cell)
    var states: [KernelChain.Value] = []
    let isBackward = isReverse || direction == 1
    for step in isBackward ? (0..<steps).reversed() : Array(0..<steps) {
      let input = try chain.reshape(inputs[step], to: [batch, width])
      switch kind {
      case .rnn:
        let sum = try chain.combine(.add, input, chain.product(hidden, weights.recurrent))
        hidden = try activate(0, sum, direction, &chain)
      case .gru: hidden = try gru(input, hidden, weights, direction, &chain)
      case .lstm: (hidden, cell) = try lstm(input, hidden, cell, weights, direction, &chain)
      }
      states.append(try chain.reshape(hidden, to: [1, 1, batch, size]))
    }
    let sequence = try chain.concatenate(isBackward ? states.reversed() : states, axis: 0)
    return (
      sequence, try chain.reshape(hidden, to: [1, batch, size]),
      kind == .lstm ? try chain.reshape(cell, to: [1, batch, size]) : nil
    )
  }

  private func activate(
    _ position: Int, _ x: KernelChain.Value, _ direction: Int, _ chain: inout KernelChain
  ) throws -> KernelChain.Value {
    guard let function = activations[direction][position] else {
      throw KernelError("one of its activations has no kernel")
    }
    guard let clip else { return try chain.apply(function, x) }
    return try chain.apply(function, chain.apply(.clip(min: -clip, max: clip), x))
  }

  private func gru(
    _ input: KernelChain.Value, _ hidden: KernelChain.Value, _ weights: Weights, _ direction: Int,
    _ chain: inout KernelChain
  ) throws -> KernelChain.Value {
    let size = weights.size
    let own = try chain.split(input, axis: 1, [2 * size, size])
    let recurrent = try chain.split(weights.recurrent, axis: 1, [2 * size, size])
    let biases = try weights.biases.map { try chain.split($0.1, axis: 0, [2 * size, size]) }
    var gates = try chain.combine(.add, own[0], chain.product(hidden, recurrent[0]))
    if let biases { gates = try chain.combine(.add, gates, biases[0]) }
    let parts = try chain.split(activate(0, gates, direction, &chain), axis: 1, [size, size])
    let (update, reset) = (parts[0], parts[1])
    var memory: KernelChain.Value
    if isLinearBeforeReset {
      memory = try chain.product(hidden, recurrent[1])
      if let biases { memory = try chain.combine(.add, memory, biases[1]) }
      memory = try chain.combine(.mul, reset, memory)
    } else {
      memory = try chain.product(chain.combine(.mul, reset, hidden), recurrent[1])
      if let biases { memory = try chain.combine(.add, memory, biases[1]) }
    }
    let candidate = try activate(1, chain.combine(.add, own[1], memory), direction, &chain)
    // (1 − z)·n + z·H = n + z·(H − n)
    let change = try chain.combine(.mul, update, chain.combine(.sub, hidden, candidate))
    return try chain.combine(.add, candidate, change)
  }

  private func lstm(
    _ input: KernelChain.Value, _ hidden: KernelChain.Value, _ cell: KernelChain.Value, _ weights: Weights,
    _ direction: Int, _ chain: inout KernelChain
  ) throws -> (hidden: KernelChain.Value, cell: KernelChain.Value) {
    let size = weights.size
    let sum = try chain.combine(.add, input, chain.product(hidden, weights.recurrent))
    var gates = try chain.split(sum, axis: 1, [size, size, size, size])
    func peep(_ position: Int, _ at: KernelChain.Value, into gate: Int) throws {
      guard let peepholes = weights.peepholes else { return }
      gates[gate] = try chain.combine(.add, gates[gate], chain.combine(.mul, at, peepholes[position]))
    }
    // Gates come as i, o, f, c.
    try peep(0, cell, into: 0)
    try peep(2, cell, into: 2)
    let opened = try activate(0, gates[0], direction, &chain)
    let kept =
      try couplesForgetting
      ? chain.combine(.sub, chain.constant(1), opened) : activate(0, gates[2], direction, &chain)
    let candidate = try activate(1, gates[3], direction, &chain)
    let next = try chain.combine(
      .add, chain.combine(.mul, kept, cell), chain.combine(.mul, opened, candidate))
    try peep(1, next, into: 1)
    let shown = try activate(0, gates[1], direction, &chain)
    guard let last = activations[direction][2] else {
      throw KernelError("one of its activations has no kernel")
    }
    return (try chain.combine(.mul, shown, chain.apply(last, next)), next)
  }
}
