import COneDNN

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How long a primitive without a bias takes, on memory of its own.
enum Stopwatch {
  /// The shortest of a few runs, in seconds.
  static func seconds(of primitive: Primitive) throws -> Double {
    let parts: [(shim_part, shim_argument)] = [
      (shim_source, shim_argument_source), (shim_weights, shim_argument_weights),
      (shim_destination, shim_argument_destination), (shim_source_gradient, shim_argument_source_gradient),
      (shim_weights_gradient, shim_argument_weights_gradient),
      (shim_destination_gradient, shim_argument_destination_gradient),
    ]
    var buffers: [UnsafeMutableRawPointer] = []
    defer { for buffer in buffers { buffer.deallocate() } }
    func buffer(_ byteCount: Int) -> UnsafeMutableRawPointer {
      let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
      buffer.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 64))
      buffers.append(buffer)
      return buffer
    }
    var operands: [PrimitiveCall.Operand] = []
    for (part, argument) in parts {
      guard let descriptor = primitive.descriptor(part, []) else { continue }
      operands.append(try PrimitiveCall.Operand(argument, descriptor, buffer(descriptor.byteCount)))
    }
    let call = try PrimitiveCall(
      primitive, operands, workspace: buffer(primitive.byteCount(shim_workspace)),
      scratch: buffer(primitive.byteCount(shim_scratchpad)))
    var best = Double.infinity
    for _ in 0..<4 {
      let start = now()
      try call.run()
      best = min(best, now() - start)
    }
    return best
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
