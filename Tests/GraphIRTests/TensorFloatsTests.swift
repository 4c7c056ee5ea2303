import GraphIR
import Testing

@Suite("Tensors given other numbers")
struct TensorFloatsTests {
  private func stored(_ numbers: [Float], as type: ElementType, typed: Tensor.Field? = nil) throws -> Tensor {
    let blank = try Bytes(copying: [UInt8](repeating: 0, count: 0))
    let payload: Tensor.Payload = typed.map { .typed($0, blank) } ?? .raw(blank)
    let tensor = Tensor(name: "w", elementType: type, dims: [numbers.count], payload: payload)
    return try numbers.withUnsafeBufferPointer { try tensor.replacing(floats: $0) }
  }

  @Test("keep name, type and way of storing", arguments: [ElementType.float, .double, .float16, .bfloat16])
  func keep(type: ElementType) throws {
    let numbers: [Float] = [0, 1, -2, 0.5, 1024, -0.0078125]
    let tensor = try stored(numbers, as: type)
    #expect(tensor.name == "w" && tensor.elementType == type)
    #expect(tensor.doubles == numbers.map(Double.init))
    #expect(tensor.bytes?.count == numbers.count * (type.bitWidth ?? 0) / 8)
  }

  @Test("half-precision numbers in int32_data stay there", arguments: [ElementType.float16, .bfloat16])
  func widened(type: ElementType) throws {
    let tensor = try stored([1, -2, 0.25], as: type, typed: .int32Data)
    #expect(tensor.bytes?.count == 12)
    #expect(tensor.doubles == [1, -2, 0.25])
  }

  /// Bit patterns that NumPy gives for the same numbers.
  @Test(
    "halves are rounded to nearest, ties to even, also where numbers are subnormal",
    arguments: [
      (Float(1.0009765), UInt16(0x3c01)), (1.00048828125, 0x3c00), (1.00146484375, 0x3c02), (65504, 0x7bff),
      (65519.996, 0x7bff), (65520, 0x7c00), (-1e9, 0xfc00), (0x1p-24, 0x0001), (0x1p-25, 0x0000),
      (0x1.8p-24, 0x0002), (0x1p-14, 0x0400), (6.1035e-5, 0x0400), (-0.0, 0x8000), (.infinity, 0x7c00),
      (2047.9999, 0x6800),
    ])
  func halves(number: Float, bits: UInt16) throws {
    #expect(try stored([number], as: .float16).bytes?.elements(as: UInt16.self) == [bits])
  }

  @Test("bfloat16 is rounded to nearest, ties to even")
  func brainFloats() throws {
    let tensor = try stored([1.00390625, 1.01171875, .infinity, -3.5], as: .bfloat16)
    #expect(tensor.bytes?.elements(as: UInt16.self) == [0x3f80, 0x3f82, 0x7f80, 0xc060])
    #expect(try stored([.nan], as: .bfloat16).doubles?[0].isNaN == true)
    #expect(try stored([.nan], as: .float16).doubles?[0].isNaN == true)
  }
}
