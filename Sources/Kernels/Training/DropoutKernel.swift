/// Elements left out at random while a network is trained, ONNX `Dropout` with `training_mode`.
///
///     Y = X · m / (1 − p)      m is 0 with probability p = `ratio`, else 1
///
/// Whether an element stays depends on seed, step and the element's index and on nothing else (SplitMix64 of a
/// counter), so that a run can be repeated with any number of threads. The mask is kept until the gradient.
///
/// ## Shapes    X, Y and the mask alike; the mask, output 1, is made where it is wanted
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Dropout.html>; Steele, Lea and Flood, "Fast Splittable
///   Pseudorandom Number Generators", OOPSLA 2014.
package final class DropoutKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  /// Which mask is drawn; the caller counts.
  package var step: UInt64 = 0

  private let count: Int
  private let ratio: Double
  private let seed: UInt64

  /// - Parameters:
  ///   - ratio: p, in 0…1; at 1 nothing is left.
  ///   - seed: of this layer; layers of one seed draw one mask.
  package init(_ dims: [Int], ratio: Double, seed: UInt64, returnsMask: Bool = false) {
    precondition((0...1).contains(ratio), "the ratio \(ratio) is no probability")
    let layout = TensorLayout(dims)
    inputs = [layout]
    outputs = returnsMask ? [layout, TensorLayout(dims, .integer)] : [layout]
    count = layout.elementCount
    self.ratio = ratio
    self.seed = seed
  }

  package var overwritableInputs: [Int] { [0] }
  package var workspaceByteCount: Int { count }
  package var differentiableInputs: [Int] { [0] }
  package var backwardReads: BackwardReads { BackwardReads() }

  private var scale: Float { ratio < 1 ? Float(1 / (1 - ratio)) : 0 }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let source = try memory.inputs.bound(0, Float.self)
    let target = try memory.outputs.bound(0, Float.self)
    guard let mask = memory.workspace?.assumingMemoryBound(to: UInt8.self) else {
      throw KernelError("the mask has no memory")
    }
    let flags = memory.outputs.element(1)?.assumingMemoryBound(to: Int64.self)
    let (count, seed, scale) = (count, seed, scale)
    // Of 2³² numbers, those that leave an element out.
    let dropped = UInt64((ratio * 0x1p32).rounded())
    return { [self] in
      let key = SplitMix64.mix(seed &+ SplitMix64.mix(step &+ SplitMix64.gamma))
      // Two elements share a number of 64 bits: ranges begin at even indices.
      Parallel.run((count + 1) / 2, grain: 1 << 12) { pairs in
        let range = 2 * pairs.lowerBound..<min(2 * pairs.upperBound, count)
        for pair in pairs {
          let bits = SplitMix64.mix(key &+ UInt64(truncatingIfNeeded: pair) &* SplitMix64.gamma)
          mask[2 &* pair] = bits & 0xffff_ffff >= dropped ? 1 : 0
          if 2 &* pair &+ 1 < count { mask[2 &* pair &+ 1] = bits &>> 32 >= dropped ? 1 : 0 }
        }
        Self.apply(mask, scale, source, target, range)
        if let flags { for index in range { flags[index] = Int64(mask[index]) } }
      }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard let target = memory.inputGradients.element(0)?.assumingMemoryBound(to: Float.self) else {
      return {}
    }
    let gradient = try memory.outputGradients.bound(0, Float.self)
    guard let mask = memory.workspace?.assumingMemoryBound(to: UInt8.self) else {
      throw KernelError("the mask has no memory")
    }
    let (count, scale) = (count, scale)
    return {
      Parallel.run(count, grain: 1 << 14) { Self.apply(mask, scale, gradient, target, $0) }
    }
  }

  /// Elements that are left out become 0 even if they are no numbers.
  @inline(__always)
  private static func apply(
    _ mask: UnsafePointer<UInt8>, _ scale: Float, _ source: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ range: Range<Int>
  ) {
    for index in range {
      // All bits of an element that stays, none of another; a branch would be guessed wrong half of the time.
      let bits = source[index].bitPattern & (0 &- UInt32(mask[index]))
      target[index] = Float(bitPattern: bits) * scale
    }
  }
}

/// The output function of SplitMix64: a number for every counter.
enum SplitMix64 {
  static let gamma: UInt64 = 0x9e37_79b9_7f4a_7c15

  @inline(__always)
  static func mix(_ counter: UInt64) -> UInt64 {
    var z = counter
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }
}
