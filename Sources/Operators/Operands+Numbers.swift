import GraphIR

extension Operands {
  /// - Throws: `type-mismatch` for an operand that has no numbers to multiply.
  func expectNumbers() throws {
    for index in 0..<count {
      guard let type = self[index]?.elementType, [.string, .bool].contains(type) else { continue }
      throw CompileError("type-mismatch", "input \(index) is of type \(type.name), not of numbers")
    }
  }
}
