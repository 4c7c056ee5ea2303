import GraphIR
import Kernels

/// Which backward tasks run, in which order, and in which buffers gradients lie.
///
/// A gradient lies as its tensor does. Where a tensor has several readers, their gradients are added. Where a gradient
/// simply passes on (an addition, a reshape), the buffer passes on.
struct BackwardPlan {
  /// A gradient's memory: a buffer, or the store's own place for a parameter.
  enum Place: Hashable {
    case buffer(Int)
    case parameter(lowerBound: Int)
  }

  enum Task {
    /// The backward task of step `step`.
    case kernel(step: Int, outputGradients: [Place?], inputGradients: [Place?])
    case add(TensorLayout, Place, Place, into: Place)
    case copy(TensorLayout, Place, Place)
  }

  private(set) var tasks: [Task] = []
  private(set) var bufferSizes: [Int] = []
  /// Where the caller writes the gradients of the outputs.
  private(set) var outputGradients: [Int] = []

  private let tensors: [ProgramTensor]
  private var gradient: [Int: Place] = [:]
  /// How many gradients that are still needed lie in a buffer.
  private var holders: [Int: Int] = [:]
  private var isWritten: Set<Place> = []

  /// - Throws: `no-gradient` naming the node that a gradient would have to pass.
  init(_ builder: ProgramBuilder) throws {
    tensors = builder.tensors
    for output in builder.outputs {
      let buffer = makeBuffer(tensors[output.tensor].layout)
      outputGradients.append(buffer)
      guard tensors[output.tensor].needsGradient else { continue }
      gradient[output.tensor] = .buffer(buffer)
      holders[buffer] = 1
    }
    for (position, step) in builder.steps.enumerated().reversed() {
      let arriving = step.outputs.map { $0.flatMap { gradient.removeValue(forKey: $0) } }
      guard arriving.contains(where: { $0 != nil }),
        step.inputs.contains(where: { $0.map { tensors[$0].needsGradient } ?? false })
      else { continue }
      guard let kernel = step.kernel as? any DifferentiableKernel else {
        throw CompileError(
          "no-gradient", "\(step.kind) cannot be trained through", hint: "freeze what is before it"
        )
        .at(step.label)
      }
      try append(position, step, kernel, arriving)
      for case .buffer(let buffer)? in arriving { holders[buffer, default: 1] -= 1 }
    }
  }

  private mutating func makeBuffer(_ layout: TensorLayout) -> Int {
    bufferSizes.append(layout.byteCount)
    return bufferSizes.count - 1
  }

  private mutating func append(
    _ position: Int, _ step: ProgramStep, _ kernel: any DifferentiableKernel, _ arriving: [Place?]
  ) throws {
    let wanted = step.inputs.indices.filter { position in
      guard let input = step.inputs[position] else { return false }
      return tensors[input].needsGradient && tensors[input].layout.scalar == .float
    }
    for input in wanted where !kernel.differentiableInputs.contains(input) {
      throw CompileError("no-gradient", "\(step.kind) has no gradient for input \(input)").at(step.label)
    }
    switch kernel.gradientSharing {
    case .outputGradient:
      guard let passed = arriving[0] else { return }
      for input in wanted { add(passed, to: step.inputs[input]) }
    case .sameForAllInputs:
      guard let first = wanted.first, let tensor = step.inputs[first] else { return }
      let target = overwritable(kernel, arriving) ?? .buffer(makeBuffer(tensors[tensor].layout))
      var places = [Place?](repeating: nil, count: step.inputs.count)
      places[first] = target
      tasks.append(.kernel(step: position, outputGradients: arriving, inputGradients: places))
      for input in wanted { add(target, to: step.inputs[input]) }
    case .separate:
      var places = [Place?](repeating: nil, count: step.inputs.count)
      for input in wanted {
        guard let tensor = step.inputs[input] else { continue }
        let own = target(for: tensor, input == 0 ? overwritable(kernel, arriving) : nil)
        // An operand that is there twice, as in x·x, has two gradients, to be added.
        places[input] = places.contains(own) ? .buffer(makeBuffer(tensors[tensor].layout)) : own
      }
      tasks.append(.kernel(step: position, outputGradients: arriving, inputGradients: places))
      for input in wanted {
        if let place = places[input] { add(place, to: step.inputs[input]) }
      }
    }
  }

  /// The buffer of the arriving gradient, where the kernel may write over it and nobody else reads it.
  private func overwritable(_ kernel: any DifferentiableKernel, _ arriving: [Place?]) -> Place? {
    guard kernel.overwritesOutputGradient, case .buffer(let buffer)? = arriving[0], holders[buffer] == 1
    else {
      return nil
    }
    return .buffer(buffer)
  }

  /// Where a kernel writes a tensor's gradient: a parameter's own place the first time.
  private mutating func target(for tensor: Int, _ overwritten: Place?) -> Place {
    if let own = ownPlace(of: tensor), !isWritten.contains(own) { return own }
    return overwritten ?? .buffer(makeBuffer(tensors[tensor].layout))
  }

  /// A contribution to a tensor's gradient is there.
  private mutating func add(_ place: Place, to tensor: Int?) {
    guard let tensor else { return }
    let layout = tensors[tensor].layout
    if let own = ownPlace(of: tensor) {
      guard place != own else {
        isWritten.insert(own)
        return
      }
      let isFirst = isWritten.insert(own).inserted
      tasks.append(isFirst ? .copy(layout, place, own) : .add(layout, own, place, into: own))
      return
    }
    guard case .buffer(let buffer) = place else { return }
    guard let existing = gradient[tensor], case .buffer(let old) = existing else {
      gradient[tensor] = place
      holders[buffer, default: 0] += 1
      return
    }
    let sum: Int
    if holders[buffer, default: 0] == 0 {
      sum = buffer
    } else if holders[old] == 1 {
      sum = old
    } else {
      sum = makeBuffer(layout)
    }
    tasks.append(.add(layout, existing, place, into: .buffer(sum)))
    guard sum != old else { return }
    holders[old, default: 1] -= 1
    holders[sum] = 1
    gradient[tensor] = .buffer(sum)
  }

  /// Where a parameter's gradient belongs; nil for any other tensor.
  private func ownPlace(of tensor: Int) -> Place? {
    guard case .parameter(let range) = tensors[tensor].home, tensors[tensor].alias == nil else { return nil }
    return .parameter(lowerBound: range.lowerBound)
  }
}
