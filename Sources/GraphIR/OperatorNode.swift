/// What an operator is decoded from: the node's attributes, its arity and the opset it was written for.
package struct OperatorNode: Sendable {
  package let node: Node
  /// The version of the operator's domain that the model imports.
  package let opsetVersion: Int

  package init(_ node: Node, opsetVersion: Int) {
    self.node = node
    self.opsetVersion = opsetVersion
  }

  package var opType: String { node.opType }

  /// - Throws: `attribute-type` if the attribute is there and is no integer.
  package func int(_ name: String) throws -> Int? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .int(let value): Int(value)
    default: throw mismatch(name, "an integer")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no list of integers.
  package func ints(_ name: String) throws -> [Int]? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .ints(let values): values.map { Int($0) }
    default: throw mismatch(name, "a list of integers")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no float.
  package func float(_ name: String) throws -> Float? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .float(let value): value
    default: throw mismatch(name, "a float")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no list of floats.
  package func floats(_ name: String) throws -> [Float]? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .floats(let values): values
    default: throw mismatch(name, "a list of floats")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no string.
  package func string(_ name: String) throws -> String? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    default: throw mismatch(name, "a string")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no list of strings.
  package func strings(_ name: String) throws -> [String]? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .strings(let values): values.map { String(decoding: $0, as: UTF8.self) }
    default: throw mismatch(name, "a list of strings")
    }
  }

  /// - Throws: `attribute-type` if the attribute is there and is no tensor.
  package func tensor(_ name: String) throws -> Tensor? {
    switch node.attribute(name)?.value {
    case nil: nil
    case .tensor(let tensor): tensor
    default: throw mismatch(name, "a tensor")
    }
  }

  private func mismatch(_ name: String, _ wanted: String) -> CompileError {
    CompileError("attribute-type", "attribute '\(name)' must be \(wanted)")
  }
}
