/// What a kernel does that only moves elements: boxes of its inputs go to places in its outputs.
package struct MovementPlan {
  /// A box that goes from one input to one output.
  struct Move {
    let input: Int
    let output: Int
    let box: Box
  }

  /// What lies where no box goes to.
  enum Filling {
    case nothing
    case value(Double)
    /// The one element of an input.
    case input(Int)
  }

  /// How often an element of an input goes somewhere, which says what its gradient is.
  enum Uses {
    /// Exactly once: gradients are moved back.
    case once
    /// At most once: the others have a gradient of 0.
    case atMostOnce
    /// Any number of times: gradients are added up.
    case many
  }

  let inputs: [TensorLayout?]
  let outputs: [TensorLayout]
  let filling: Filling
  let uses: Uses
  let moves: [Move]
  /// Whether the only box is all of the input, and of the output, in the same order.
  let isIdentity: Bool

  private let copies: [StridedCopy]
  private let returns: [StridedCopy]
  private let sums: [StridedSum]

  init(
    inputs: [TensorLayout?], outputs: [TensorLayout], moves: [Move], filling: Filling = .nothing, uses: Uses
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.moves = moves
    self.filling = filling
    self.uses = uses
    copies = moves.map { StridedCopy($0.box) }
    let carriesGradients = outputs.contains { $0.scalar == .float }
    returns = uses == .many || !carriesGradients ? [] : moves.map { StridedCopy($0.box.inverse) }
    sums = uses == .many && carriesGradients ? moves.map { StridedSum($0.box.inverse) } : []
    isIdentity = Self.isIdentity(inputs, outputs, moves)
  }

  private static func isIdentity(_ inputs: [TensorLayout?], _ outputs: [TensorLayout], _ moves: [Move])
    -> Bool
  {
    guard moves.count == 1, outputs.count == 1, moves[0].input == 0 else { return false }
    let count = moves[0].box.elementCount
    let (axes, source, target) = moves[0].box.mergedAxes
    return count == inputs[0]?.elementCount && count == outputs[0].elementCount && source == 0 && target == 0
      && (axes.isEmpty || axes == [Box.Axis(length: count, source: 1, target: 1)])
  }

  func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let (moves, copies, filling, outputs) = (moves, copies, filling, outputs)
    let isAlias = isIdentity && memory.inputs.element(0) == memory.outputs.element(0)
    if isAlias || outputs.allSatisfy({ $0.elementCount == 0 }) { return {} }
    if case .input(let index) = filling { _ = try memory.inputs.bound(index) }
    for move in moves where move.box.elementCount > 0 && memory.outputs.element(move.output) != nil {
      _ = try memory.inputs.bound(move.input)
    }
    return {
      for (index, output) in outputs.enumerated() {
        guard let target = memory.outputs[index] else { continue }
        switch filling {
        case .nothing: break
        case .value(let value):
          Filler.fill(target, output.elementCount, with: value, output.scalar)
        case .input(let input):
          guard let value = memory.inputs[input] else { break }
          Filler.fill(target, output.elementCount, withElementAt: value, output.scalar)
        }
      }
      for (move, copy) in zip(moves, copies) {
        guard let source = memory.inputs[move.input], let target = memory.outputs[move.output] else {
          continue
        }
        copy.run(from: source, to: target, outputs[move.output].scalar)
      }
    }
  }

  func backward(_ memory: BackwardMemory) throws -> KernelTask {
    let (moves, returns, sums, inputs) = (moves, returns, sums, inputs)
    var zeroed: [Int] = []
    for index in inputs.indices where memory.inputGradients.element(index) != nil {
      let own = moves.filter { $0.input == index }
      if uses != .once || own.contains(where: { memory.outputGradients.element($0.output) == nil }) {
        zeroed.append(index)
      }
    }
    return { [zeroed, uses] in
      for index in zeroed {
        guard let target = memory.inputGradients[index], let count = inputs[index]?.elementCount else {
          continue
        }
        Filler.fill(target, count, with: 0, .float)
      }
      for (index, move) in moves.enumerated() {
        guard let gradient = memory.outputGradients[move.output], move.input < memory.inputGradients.count,
          let target = memory.inputGradients[move.input], target != gradient
        else { continue }
        if uses == .many {
          sums[index].run(
            from: gradient.assumingMemoryBound(to: Float.self), to: target.assumingMemoryBound(to: Float.self)
          )
        } else {
          returns[index].run(from: gradient, to: target, .float)
        }
      }
    }
  }
}

/// A kernel that only moves elements.
package protocol MovingKernel: DifferentiableKernel {
  var plan: MovementPlan { get }
}

extension MovingKernel {
  package var inputs: [TensorLayout?] { plan.inputs }
  package var outputs: [TensorLayout?] { plan.outputs }
  package var alias: Int? { plan.isIdentity ? 0 : nil }
  package var differentiableInputs: [Int] {
    plan.inputs.indices.filter { index in
      plan.inputs[index]?.scalar == .float && plan.moves.contains { $0.input == index }
    }
  }
  package var backwardReads: BackwardReads { BackwardReads() }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask { try plan.forward(memory) }
  package func backward(_ memory: BackwardMemory) throws -> KernelTask { try plan.backward(memory) }
}
