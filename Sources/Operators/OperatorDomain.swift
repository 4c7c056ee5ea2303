import GraphIR

extension OperatorIdentifier {
  /// An operator that ONNX Runtime adds to ONNX's own; its optimiser writes many of them.
  static func microsoft(_ name: String) -> OperatorIdentifier {
    OperatorIdentifier(name, domain: "com.microsoft")
  }
}

extension OperatorNode {
  /// The node as if it were an operator of ONNX with the same attributes, at an opset whose rules are today's.
  func asPlain(_ opType: String, opsetVersion: Int = 13) -> OperatorNode {
    var plain = node
    plain.opType = opType
    plain.domain = nil
    return OperatorNode(plain, opsetVersion: opsetVersion)
  }
}
