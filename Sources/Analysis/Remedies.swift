import GraphIR

/// What a user can do about pins, as far as something can be done.
enum Remedies {
  static let listedAsInput =
    "leave it out of the graph's inputs: export with keep_initializers_as_inputs=False, or run ONNX Runtime's "
    + "remove_initializer_from_input"
  static let trainingInformation = "remove the model's training_info: it serves training alone"
  static let annotation = "remove the graph's quantization_annotation of it"
  static let computedWeight =
    "fold the constants that it is computed from, with onnxslim or onnxsim, before compiling"
  static let sparse = "store it as a dense tensor"
  static let quantized =
    "compile the model as it was before it was quantized, or quantize it with QuantizeLinear and DequantizeLinear "
    + "nodes (QDQ)"
  static let fused = "compile the model as it was before ONNX Runtime's optimizer, and optimize the result"

  /// What helps where an operator says why it pins.
  static func forStated(_ node: Node, _ facts: GraphFacts) -> String? {
    guard node.inputs.count == 1, let input = node.inputs[0], let output = node.outputs.first ?? nil,
      facts[input].elementType?.isFloatingPoint ?? false
    else { return nil }
    // Floats into bytes, by a scale that the node finds itself.
    return [.uint8, .int8].contains(facts[output].elementType) ? quantized : nil
  }

  /// What helps where an operator does not say what it does with an axis, or is not known.
  static func forUnfollowed(_ node: Node, _ facts: GraphFacts) -> String? {
    let readsIntegerWeights = node.inputs.contains { input in
      guard let fact = input.map({ facts[$0] }), fact.constant != nil, fact.rank ?? 0 >= 2 else {
        return false
      }
      return !(fact.elementType?.isFloatingPoint ?? true)
    }
    if readsIntegerWeights { return quantized }
    return isFused(node) ? fused : nil
  }

  /// ONNX Runtime's own operators, which hardly any exporter writes.
  private static func isFused(_ node: Node) -> Bool { node.canonicalDomain.hasPrefix("com.microsoft") }
}
