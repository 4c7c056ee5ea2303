import COneDNN
import Foundation

/// The two forms of W: as the model stores it, and as a primitive reads it.
struct WeightLayout {
  let stored: MemoryDescriptor
  let native: MemoryDescriptor
  /// Where the primitive counts more channels than there are.
  let filled: Filled?

  /// W among the zeros that fill it up.
  struct Filled {
    /// W and the zeros, row-major.
    let whole: MemoryDescriptor
    /// W's place in it.
    let part: MemoryDescriptor

    init(_ dims: [Int], within lengths: [Int]) {
      whole = MemoryDescriptor(rowMajor: lengths)
      var strides = [Int](repeating: 1, count: lengths.count)
      for axis in lengths.indices.dropLast().reversed() {
        strides[axis] = strides[axis + 1] * lengths[axis + 1]
      }
      part = MemoryDescriptor(dims, strides: strides)
    }
  }

  /// Bytes for the primitive's form, and for what is on the way to it; 0 where the stored form serves.
  var byteCount: Int {
    if let filled { return native.byteCount.roundedUpToLine + filled.whole.byteCount }
    return stored == native ? 0 : native.byteCount
  }

  /// W where a primitive finds it, and what brings it there.
  struct Arranged {
    let descriptor: MemoryDescriptor
    let address: UnsafeMutableRawPointer?
    let steps: [() throws -> Void]

    func operand(_ argument: shim_argument) throws -> PrimitiveCall.Operand {
      try PrimitiveCall.Operand(argument, descriptor, address)
    }

    func run() throws { for step in steps { try step() } }
  }

  /// From the model's form into the primitive's.
  func arrange(from source: UnsafeMutableRawPointer?, into target: UnsafeMutableRawPointer?) throws
    -> Arranged
  {
    guard byteCount > 0 else { return Arranged(descriptor: stored, address: source, steps: []) }
    guard let filled else {
      let order = try Reorder.call(stored, source, to: native, target)
      return Arranged(descriptor: native, address: target, steps: [order.run])
    }
    guard let room = target.map({ $0 + native.byteCount.roundedUpToLine }) else {
      throw KernelError("weights have no memory")
    }
    let fill = try Reorder.call(stored, source, to: filled.part, room)
    let order = try Reorder.call(filled.whole, room, to: native, target)
    let byteCount = filled.whole.byteCount
    return Arranged(
      descriptor: native, address: target,
      steps: [{ memset(room, 0, byteCount) }, fill.run, order.run])
  }

  /// From the primitive's form into the model's: for a gradient.
  func arrange(into target: UnsafeMutableRawPointer?, from source: UnsafeMutableRawPointer?) throws
    -> Arranged
  {
    guard byteCount > 0 else { return Arranged(descriptor: stored, address: target, steps: []) }
    guard let filled else {
      let order = try Reorder.call(native, source, to: stored, target)
      return Arranged(descriptor: native, address: source, steps: [order.run])
    }
    let room = source.map { $0 + native.byteCount.roundedUpToLine }
    let order = try Reorder.call(native, source, to: filled.whole, room)
    let pick = try Reorder.call(filled.part, room, to: stored, target)
    return Arranged(descriptor: native, address: source, steps: [order.run, pick.run])
  }
}
