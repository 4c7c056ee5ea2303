/// A function of two numbers, with its loops.
protocol BinaryFunctionOfNumbers: BinaryLoop {
  associatedtype Operand: BitwiseCopyable
  associatedtype Result: BitwiseCopyable

  static func value(_ a: Operand, _ b: Operand) -> Result
}

/// The loop over a row of two operands, each of which goes on by `step` elements, 1 or 0.
///
/// A requirement, so that each function has a loop of its own.
protocol BinaryLoop {
  static var grain: Int { get }
  static var operandByteCount: Int { get }
  static var resultByteCount: Int { get }

  /// y may share the memory of an operand that goes on by 1.
  static func row(
    _ a: UnsafeRawPointer, step aStep: Int, _ b: UnsafeRawPointer, step bStep: Int,
    _ y: UnsafeMutableRawPointer,
    _ count: Int)
}

extension BinaryFunctionOfNumbers {
  static var grain: Int { Grain.cheap }
  static var operandByteCount: Int { MemoryLayout<Operand>.stride }
  static var resultByteCount: Int { MemoryLayout<Result>.stride }

  static func row(
    _ a: UnsafeRawPointer, step aStep: Int, _ b: UnsafeRawPointer, step bStep: Int,
    _ y: UnsafeMutableRawPointer,
    _ count: Int
  ) {
    let sharesA = aStep == 1 && a == UnsafeRawPointer(y)
    let sharesB = bStep == 1 && b == UnsafeRawPointer(y)
    let shared = y.assumingMemoryBound(to: Operand.self)
    let a = a.assumingMemoryBound(to: Operand.self)
    let b = b.assumingMemoryBound(to: Operand.self)
    let y = y.assumingMemoryBound(to: Result.self)
    // One loop for each case, so that the compiler sees what shares memory and what stays.
    switch (aStep, bStep) {
    case (0, _):
      let a = a.pointee
      if sharesB {
        for index in 0..<count { y[index] = value(a, shared[index]) }
      } else {
        for index in 0..<count { y[index] = value(a, b[index]) }
      }
    case (_, 0):
      let b = b.pointee
      if sharesA {
        for index in 0..<count { y[index] = value(shared[index], b) }
      } else {
        for index in 0..<count { y[index] = value(a[index], b) }
      }
    default:
      if sharesA {
        for index in 0..<count { y[index] = value(shared[index], b[index]) }
      } else if sharesB {
        for index in 0..<count { y[index] = value(a[index], shared[index]) }
      } else {
        for index in 0..<count { y[index] = value(a[index], b[index]) }
      }
    }
  }
}

extension BroadcastPlan {
  /// The loop over all elements of operands 0 and 1.
  func task(
    _ loop: any BinaryLoop.Type, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ y: UnsafeMutableRawPointer
  ) -> KernelTask {
    let (grain, operandStride, resultStride) = (loop.grain, loop.operandByteCount, loop.resultByteCount)
    return {
      Parallel.run(count, grain: grain) { range in
        forEachRow(in: range) { row, column, count in
          loop.row(
            a + offset(0, row: row, column: column) * operandStride, step: steps[0],
            b + offset(1, row: row, column: column) * operandStride, step: steps[1],
            y + (row * rowLength + column) * resultStride, count)
        }
      }
    }
  }
}
