import Kernels

/// Where everything of a program lies in its one block of memory.
struct ProgramLayout {
  /// By tensor; nil for what lies elsewhere (parameters, constants).
  private(set) var tensorOffsets: [Int?]
  /// By buffer of the backward plan.
  private(set) var gradientOffsets: [Int]
  /// By step.
  private(set) var workspaceOffsets: [Int]
  private(set) var scratchOffset: Int
  private(set) var byteCount: Int

  init(_ builder: ProgramBuilder, _ backward: BackwardPlan?) {
    let (tensors, steps) = (builder.tensors, builder.steps)
    let tasks = backward?.tasks ?? []
    let loss = steps.count
    let end = loss + tasks.count
    var buffers: [MemoryPlan.Buffer] = []
    /// The buffer of each tensor; views share that of what they view.
    var bufferOfTensor = [Int?](repeating: nil, count: tensors.count)

    func buffer(_ tensor: Int) -> Int? {
      let owner = tensors[tensor].alias ?? tensor
      guard case .arena = tensors[owner].home else { return nil }
      if let known = bufferOfTensor[owner] { return known }
      buffers.append(
        MemoryPlan.Buffer(byteCount: tensors[owner].layout.byteCount, first: .max, last: -1))
      bufferOfTensor[owner] = buffers.count - 1
      return buffers.count - 1
    }
    func use(_ tensor: Int?, _ time: Int) {
      guard let tensor, let buffer = buffer(tensor) else { return }
      buffers[buffer].first = min(buffers[buffer].first, time)
      buffers[buffer].last = max(buffers[buffer].last, time)
    }

    for input in builder.inputs {
      use(input.tensor, 0)
      use(input.tensor, end)
    }
    for (time, step) in steps.enumerated() {
      for tensor in step.inputs + step.outputs {
        use(tensor, time)
        // What is prepared stays for all runs.
        if step.isPrepared {
          use(tensor, 0)
          use(tensor, end)
        }
      }
    }
    for output in builder.outputs { use(output.tensor, end) }
    for (offset, task) in tasks.enumerated() {
      guard case .kernel(let step, _, _) = task, let kernel = steps[step].kernel as? any DifferentiableKernel
      else { continue }
      let reads = kernel.backwardReads
      for input in reads.inputs where steps[step].inputs.indices.contains(input) {
        use(steps[step].inputs[input], loss + offset)
      }
      for output in reads.outputs { use(steps[step].outputs[output], loss + offset) }
    }

    // Results that may take the place of an operand that ends there do so.
    for (time, step) in steps.enumerated() where !step.isPrepared {
      guard let result = step.outputs.first ?? nil, step.kernel.alias == nil, let own = buffer(result) else {
        continue
      }
      for input in step.kernel.overwritableInputs {
        guard let operand = step.inputs[input], let other = buffer(operand), other != own,
          buffers[other].last == time, buffers[own].first == time,
          buffers[other].byteCount == buffers[own].byteCount
        else { continue }
        buffers[other].last = buffers[own].last
        buffers[own].byteCount = 0
        for tensor in bufferOfTensor.indices where bufferOfTensor[tensor] == own {
          bufferOfTensor[tensor] = other
        }
        break
      }
    }

    var workspaces: [Int] = []
    var lastUse = [Int](repeating: 0, count: steps.count)
    for (offset, task) in tasks.enumerated() {
      if case .kernel(let step, _, _) = task { lastUse[step] = loss + offset }
    }
    for (time, step) in steps.enumerated() {
      // For inference it holds what was prepared.
      let isKept = backward == nil
      workspaces.append(buffers.count)
      buffers.append(
        MemoryPlan.Buffer(
          byteCount: step.kernel.workspaceByteCount, first: isKept ? 0 : time,
          last: isKept ? end : max(time, lastUse[time])))
    }

    let firstGradient = buffers.count
    if let backward {
      buffers += backward.bufferSizes.map { MemoryPlan.Buffer(byteCount: $0, first: .max, last: -1) }
      func use(_ place: BackwardPlan.Place?, _ time: Int) {
        guard case .buffer(let buffer)? = place else { return }
        buffers[firstGradient + buffer].first = min(buffers[firstGradient + buffer].first, time)
        buffers[firstGradient + buffer].last = max(buffers[firstGradient + buffer].last, time)
      }
      for buffer in backward.outputGradients { use(.buffer(buffer), loss) }
      for (offset, task) in tasks.enumerated() {
        let time = loss + offset
        switch task {
        case .kernel(_, let arriving, let made): for place in arriving + made { use(place, time) }
        case .add(_, let a, let b, let sum): for place in [a, b, sum] { use(place, time) }
        case .copy(_, let source, let target): for place in [source, target] { use(place, time) }
        }
      }
    }
    let scratch = steps.map(\.kernel.scratchByteCount).max() ?? 0
    buffers.append(MemoryPlan.Buffer(byteCount: scratch, first: 0, last: end))

    let plan = MemoryPlan(buffers)
    tensorOffsets = tensors.indices.map { tensor in
      bufferOfTensor[tensors[tensor].alias ?? tensor].map { plan.offsets[$0] }
    }
    workspaceOffsets = workspaces.map { plan.offsets[$0] }
    gradientOffsets = (0..<(backward?.bufferSizes.count ?? 0)).map { plan.offsets[firstGradient + $0] }
    scratchOffset = plan.offsets[buffers.count - 1]
    byteCount = plan.byteCount
  }
}
