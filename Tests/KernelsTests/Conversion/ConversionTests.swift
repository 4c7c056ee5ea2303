import Kernels
import Testing

@Suite("Numbers in other formats")
struct ConversionTests {
  private func cast(_ x: [Float], to format: NumberFormat) throws -> Operand {
    try KernelLaw.outputs(CastKernel([x.count], from: .float, to: format), [.floats(x)])[0]
  }

  private func cast(_ x: [Int64], to format: NumberFormat) throws -> Operand {
    try KernelLaw.outputs(CastKernel([x.count], from: .integer, to: format), [.integers(x)])[0]
  }

  @Test("floats become integers without their fraction, at most as large as the type allows")
  func floatsToIntegers() throws {
    let x: [Float] = [
      0, -0.0, 0.9, -0.9, 1.5, -1.5, 127.9, 128, -128.9, -130, 255.5, 300, 1e20, -1e20, .infinity, .nan,
    ]
    #expect(
      try cast(x, to: .integer(.int8))
        == .integers([0, 0, 0, 0, 1, -1, 127, 127, -128, -128, 127, 127, 127, -128, 127, 0]))
    #expect(
      try cast(x, to: .integer(.uint8))
        == .integers([0, 0, 0, 0, 1, 0, 127, 128, 0, 0, 255, 255, 255, 0, 255, 0]))
    let (low, high) = (Int64(Int32.min), Int64(Int32.max))
    #expect(
      try cast(x, to: .integer(.int32))
        == .integers([0, 0, 0, 0, 1, -1, 127, 128, -128, -130, 255, 300, high, low, high, 0]))
    #expect(
      try cast(x, to: .integer(.int64))
        == .integers([0, 0, 0, 0, 1, -1, 127, 128, -128, -130, 255, 300, .max, .min, .max, 0]))
    #expect(
      try cast(x, to: .boolean) == .integers([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]))
  }

  @Test("integers keep their low bits")
  func integersToIntegers() throws {
    let x: [Int64] = [0, -1, 127, 128, -129, 255, 256, 1 << 40 + 5, .max, .min]
    #expect(try cast(x, to: .integer(.int8)) == .integers(x.map { Int64(Int8(truncatingIfNeeded: $0)) }))
    #expect(try cast(x, to: .integer(.uint8)) == .integers(x.map { Int64(UInt8(truncatingIfNeeded: $0)) }))
    #expect(try cast(x, to: .integer(.uint32)) == .integers(x.map { Int64(UInt32(truncatingIfNeeded: $0)) }))
    #expect(try cast(x, to: .integer(.int64)) == .integers(x))
    #expect(try cast(x, to: .boolean) == .integers([0, 1, 1, 1, 1, 1, 1, 1, 1, 1]))
    #expect(try cast(x, to: .float) == .floats(x.map { Float($0) }))
  }

  @Test("ranges end where Swift's types do")
  func ranges() {
    #expect(IntegerRange.int16.lowest == Int64(Int16.min) && IntegerRange.int16.highest == Int64(Int16.max))
    #expect(IntegerRange.uint16.lowest == 0 && IntegerRange.uint16.highest == Int64(UInt16.max))
    #expect(IntegerRange.uint32.highest == Int64(UInt32.max))
    #expect(IntegerRange.int64.lowest == .min && IntegerRange.int64.highest == .max)
    let nibble = IntegerRange(bitWidth: 4, signed: true)
    #expect(nibble.lowest == -8 && nibble.highest == 7)
  }

  @Test("floats are rounded to the nearest of fewer bits, ties to even")
  func floatsToFewerBits() throws {
    var numbers = TestNumbers(3)
    var x: [Float] = [
      0, -0.0, 1, 1 + 0x1p-11, 1 + 0x1p-10, 1 + 3 * 0x1p-11, 65504, 65519, 65520, -65520, 1e-8, 0x1p-24,
      0x1p-25, 0x1.8p-24,
      0x1p-14, 0x1.ffcp-15, 1 + 0x1p-8, 1 + 3 * 0x1p-8, .infinity, -.infinity, 3e38, .greatestFiniteMagnitude,
    ]
    for _ in 0..<5000 {
      x.append(numbers.float() * Float(sign: .plus, exponent: numbers.int(-30...17), significand: 1))
    }
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
      let half = try cast(x, to: .float16)
      #expect(half.difference(from: .floats(x.map { Float(Float16($0)) })) == nil)
    #endif
    // The two numbers of 16 bits around x, and the nearer of them, or the even one.
    let expected = x.map { value -> Float in
      let low = Float(bitPattern: value.bitPattern & 0xffff_0000)
      let high = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
      guard value.isFinite, low != value else { return value }
      let limit = high.isFinite ? Double(high) : 0x1p128 * (value < 0 ? -1 : 1)
      let (below, above) = (abs(Double(value) - Double(low)), abs(limit - Double(value)))
      if below == above { return low.bitPattern & 0x1_0000 == 0 ? low : high }
      return below < above ? low : high
    }
    #expect(try cast(x, to: .bfloat16).difference(from: .floats(expected)) == nil)
    for format in [NumberFormat.float16, .bfloat16] {
      #expect(try cast([.nan], to: format).floats[0].isNaN)
    }
  }

  @Test("a cast between floats passes gradients on")
  func gradients() throws {
    let kernel = CastKernel([3], from: .float, to: .bfloat16)
    #expect(
      try KernelLaw.gradients(kernel, [.floats([1, 2, 3])], [.floats([1.001, 2, 3])]) == [0: [1.001, 2, 3]])
    #expect(CastKernel([3], from: .float, to: .float).alias == 0)
    #expect(CastKernel([3], from: .integer, to: .float).differentiableInputs.isEmpty)
  }

  @Test("QuantizeLinear rounds to even and saturates", arguments: [nil, 0, 1, 2], [true, false])
  func quantize(axis: Int?, hasZero: Bool) throws {
    let dims = [5, 7, 601]
    let count = axis.map { dims[$0] } ?? 1
    let scale = (0..<count).map { Float($0 % 5 + 1) / 64 }
    let zero = (0..<count).map { Int64($0 % 50) }
    let x = NaiveTensor<Float>(dims) { position in
      // Halves of steps are among them.
      Float((position[0] * 31 + position[1] * 17 + position[2]) % 1201 - 600) / 128
    }
    func channel(_ position: [Int]) -> Int { axis.map { position[$0] } ?? 0 }
    let expected = NaiveTensor<Int64>(dims) { position in
      let c = channel(position)
      let level = (x[position] / scale[c]).rounded(.toNearestOrEven) + (hasZero ? Float(zero[c]) : 0)
      return Int64(min(max(level, -128), 127))
    }
    let parameters: [Operand?] = [.floats(scale), hasZero ? .integers(zero) : nil]
    let quantize = QuantizeLinearKernel(dims, axis: axis, to: .int8, hasZero: hasZero)
    let y = try KernelLaw.outputs(quantize, [Operand(x)] + parameters)
    #expect(y[0].difference(from: Operand(expected)) == nil)

    let back = NaiveTensor<Float>(dims) { position in
      Float(expected[position] - (hasZero ? zero[channel(position)] : 0)) * scale[channel(position)]
    }
    let dequantize = DequantizeLinearKernel(dims, axis: axis, hasZero: hasZero)
    #expect(try KernelLaw.outputs(dequantize, y + parameters)[0].difference(from: Operand(back)) == nil)
  }

  /// The examples of ONNX's documentation of the operator.
  @Test("DynamicQuantizeLinear finds the scale")
  func dynamic() throws {
    let x: [Float] = [0, 2, -3, -2.5, 1.34, 0.5]
    let outputs = try KernelLaw.outputs(DynamicQuantizeLinearKernel([6]), [.floats(x)])
    #expect(outputs[0] == .integers([153, 255, 0, 26, 221, 179]))
    #expect(abs(outputs[1].floats[0] - 0.019_607_844) < 1e-8)
    #expect(outputs[2] == .integers([153]))
    let positive = try KernelLaw.outputs(DynamicQuantizeLinearKernel([3]), [.floats([1, 2.1, 1.3])])
    #expect(positive[2] == .integers([0]))
    let none = try KernelLaw.outputs(DynamicQuantizeLinearKernel([2]), [.floats([0, 0])])
    #expect(none == [.integers([0, 0]), .floats([1]), .integers([0])])
  }

  @Test("sequences and constants")
  func made() throws {
    #expect(
      try KernelLaw.outputs(NumberSequenceKernel(count: 4), [.floats([1]), nil, .floats([-0.5])])
        == [.floats([1, 0.5, 0, -0.5])])
    #expect(
      try KernelLaw.outputs(NumberSequenceKernel(count: 3, .integer), [.integers([10]), nil, .integers([7])])
        == [.integers([10, 17, 24])])
    #expect(try KernelLaw.outputs(ConstantFillKernel([2, 2], value: 3), []) == [.floats([3, 3, 3, 3])])
    #expect(try KernelLaw.outputs(ConstantFillKernel([2], value: -1, .integer), []) == [.integers([-1, -1])])
  }
}
