import COneDNN

/// A computation of oneDNN's for fixed shapes and layouts.
final class Primitive {
  let handle: OpaquePointer

  /// - Throws: what oneDNN says where it made nothing.
  init(_ handle: OpaquePointer?) throws {
    guard let handle else { throw KernelError(String(cString: shim_last_error())) }
    self.handle = handle
  }

  deinit { shim_primitive_free(handle) }

  /// The layout that the primitive chose for a tensor of lengths `dims`; nil where it has no such tensor.
  func layout(_ part: shim_part, _ dims: [Int]) -> TensorLayout? {
    descriptor(part, dims).map { TensorLayout(dims, native: $0) }
  }

  func descriptor(_ part: shim_part, _ dims: [Int]) -> MemoryDescriptor? {
    shim_primitive_descriptor(handle, part).map { MemoryDescriptor(taking: $0, dims: dims) }
  }

  func byteCount(_ part: shim_part) -> Int {
    guard let descriptor = shim_primitive_descriptor(handle, part) else { return 0 }
    defer { shim_descriptor_free(descriptor) }
    return shim_descriptor_bytes(descriptor)
  }

  var implementation: String { String(cString: shim_primitive_implementation(handle)) }
}

/// A primitive with its operands: runs again and again without allocating.
final class PrimitiveCall {
  private let primitive: Primitive
  private let handle: OpaquePointer
  private let memories: [OpaquePointer?]

  /// An operand: what it is to the primitive, how it lies, and where.
  struct Operand {
    let argument: shim_argument
    let descriptor: OpaquePointer
    let address: UnsafeMutableRawPointer

    /// - Throws: ``KernelError`` if the operand is missing.
    init(_ argument: shim_argument, _ layout: TensorLayout?, _ address: UnsafeMutableRawPointer?) throws {
      guard let layout else { throw KernelError("an operand has no layout") }
      try self.init(argument, layout.descriptor, address)
    }

    init(_ argument: shim_argument, _ descriptor: MemoryDescriptor, _ address: UnsafeMutableRawPointer?)
      throws
    {
      guard let address else { throw KernelError("an operand has no memory") }
      self.argument = argument
      self.owner = descriptor
      self.descriptor = descriptor.handle
      self.address = address
    }

    private let owner: MemoryDescriptor
  }

  /// `workspace` and `scratch` are left out where the primitive needs none.
  init(
    _ primitive: Primitive, _ operands: [Operand], workspace: UnsafeMutableRawPointer? = nil,
    scratch: UnsafeMutableRawPointer? = nil
  ) throws {
    var arguments: [shim_argument] = []
    var memories: [OpaquePointer?] = []
    func add(_ argument: shim_argument, _ descriptor: OpaquePointer, _ address: UnsafeMutableRawPointer)
      throws
    {
      guard let memory = shim_memory_create(descriptor, address) else {
        throw KernelError(String(cString: shim_last_error()))
      }
      arguments.append(argument)
      memories.append(memory)
    }
    for operand in operands { try add(operand.argument, operand.descriptor, operand.address) }
    for (part, argument, address) in [
      (shim_workspace, shim_argument_workspace, workspace),
      (shim_scratchpad, shim_argument_scratchpad, scratch),
    ] {
      guard let descriptor = shim_primitive_descriptor(primitive.handle, part) else { continue }
      defer { shim_descriptor_free(descriptor) }
      guard let address else { throw KernelError("a primitive's own memory is missing") }
      try add(argument, descriptor, address)
    }
    self.primitive = primitive
    self.memories = memories
    handle = shim_call_create(primitive.handle, Int32(arguments.count), arguments, memories)
  }

  deinit {
    shim_call_free(handle)
    for memory in memories { shim_memory_free(memory) }
  }

  func run() throws {
    guard shim_call_run(handle) else { throw KernelError(String(cString: shim_last_error())) }
  }
}

extension [Int] {
  /// Lengths as oneDNN takes them.
  var wide: [Int64] { map(Int64.init) }
}
