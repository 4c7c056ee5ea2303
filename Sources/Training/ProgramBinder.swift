import GraphIR
import Kernels

/// Gives every kernel of a program its addresses.
struct ProgramBinder {
  private let builder: ProgramBuilder
  private let plan: BackwardPlan?
  private let layout: ProgramLayout
  private let store: ParameterStore
  private let arena: UnsafeMutableRawPointer
  private(set) var constants: [UnsafeMutableRawPointer] = []
  private var addressOfConstant: [Int: UnsafeMutableRawPointer] = [:]

  init(
    _ builder: ProgramBuilder, _ plan: BackwardPlan?, _ layout: ProgramLayout, _ store: ParameterStore,
    _ arena: UnsafeMutableRawPointer
  ) {
    self.builder = builder
    self.plan = plan
    self.layout = layout
    self.store = store
    self.arena = arena
    for (position, tensor) in builder.tensors.enumerated() where tensor.alias == nil {
      guard case .constant(let integers) = tensor.home else { continue }
      let memory = UnsafeMutableRawPointer.allocate(
        byteCount: max(tensor.layout.byteCount, 64), alignment: 64)
      if tensor.layout.scalar == .float {
        memory.initializeMemory(as: Float.self, from: integers.map(Float.init), count: integers.count)
      } else {
        memory.initializeMemory(as: Int64.self, from: integers, count: integers.count)
      }
      constants.append(memory)
      addressOfConstant[position] = memory
    }
  }

  func address(of tensor: Int) -> UnsafeMutableRawPointer? {
    let owner = builder.tensors[tensor].alias ?? tensor
    switch builder.tensors[owner].home {
    case .arena: return layout.tensorOffsets[owner].map { arena + $0 }
    case .parameter(let range):
      return store.values.baseAddress.map { UnsafeMutableRawPointer($0 + range.lowerBound) }
    case .constant: return addressOfConstant[owner]
    }
  }

  private func address(of place: BackwardPlan.Place) -> UnsafeMutableRawPointer? {
    switch place {
    case .buffer(let buffer): arena + layout.gradientOffsets[buffer]
    case .parameter(let start): store.gradients.baseAddress.map { UnsafeMutableRawPointer($0 + start) }
    }
  }

  /// What runs when parameters change, and what runs every time.
  func forward() throws -> (prepared: [Program.BoundTask], repeated: [Program.BoundTask]) {
    var prepared: [Program.BoundTask] = []
    var repeated: [Program.BoundTask] = []
    for (position, step) in builder.steps.enumerated() where step.kernel.alias == nil {
      let memory = ForwardMemory(
        inputs: step.inputs.map { $0.flatMap { address(of: $0) } },
        outputs: step.outputs.map { $0.flatMap { address(of: $0) } },
        workspace: arena + layout.workspaceOffsets[position], scratch: arena + layout.scratchOffset)
      let task = Program.BoundTask(
        label: step.label, kind: step.kind,
        run: try naming(step.label) { try step.kernel.forward(memory) })
      if step.isPrepared { prepared.append(task) } else { repeated.append(task) }
    }
    return (prepared, repeated)
  }

  func backward() throws -> [Program.BoundTask] {
    guard let plan else { return [] }
    return try plan.tasks.map { task in
      switch task {
      case .kernel(let position, let arriving, let made):
        let step = builder.steps[position]
        guard let kernel = step.kernel as? any DifferentiableKernel else {
          preconditionFailure("the plan names a kernel without a gradient")
        }
        let memory = BackwardMemory(
          inputs: step.inputs.map { $0.flatMap { address(of: $0) } },
          outputs: step.outputs.map { $0.flatMap { address(of: $0) } },
          outputGradients: arriving.map { $0.flatMap { address(of: $0) } },
          inputGradients: made.map { $0.flatMap { address(of: $0) } },
          workspace: arena + layout.workspaceOffsets[position], scratch: arena + layout.scratchOffset)
        return Program.BoundTask(
          label: step.label, kind: step.kind, run: try naming(step.label) { try kernel.backward(memory) })
      case .add(let layout, let a, let b, let sum):
        let addition = try NativeAddition(layout, appliesRelu: false, mode: .inference)
        let memory = ForwardMemory(inputs: [address(of: a), address(of: b)], outputs: [address(of: sum)])
        return Program.BoundTask(label: "a sum of gradients", kind: "Sum", run: try addition.forward(memory))
      case .copy(let layout, let source, let target):
        guard let source = address(of: source), let target = address(of: target) else {
          preconditionFailure("a gradient without memory")
        }
        return Program.BoundTask(
          label: "a gradient", kind: "Copy",
          run: { target.copyMemory(from: source, byteCount: layout.byteCount) })
      }
    }
  }

  private func naming<Result>(_ label: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch {
      throw (error as? KernelError).map { CompileError($0, "no-kernel").at(label) } ?? error
    }
  }
}
