import GraphIR
import Kernels

/// The same numbers in another element type, ONNX `Cast` (opset 1 and later) and `CastLike`, which takes the type of
/// its second input.
///
/// ## Shapes    output like input
/// ## Channels  every axis tied; `target_type` lends nothing but its type. Lengths that become floats keep their value
/// ## Cost      none
/// - Throws: `attribute-value` if `to` names no element type.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Cast.html>
package struct Cast: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Cast"), OperatorIdentifier("CastLike")]

  /// Nil where the type is another operand's.
  private let type: ElementType?

  package init(_ node: OperatorNode) throws {
    if node.opType == "CastLike" {
      type = nil
    } else if node.opsetVersion < 6 {
      let name = try node.string("to") ?? ""
      guard let type = ElementType.allCases.first(where: { $0.name == name.lowercased() }), type != .undefined
      else {
        throw CompileError("attribute-value", "attribute 'to' is '\(name)', which is no element type")
      }
      self.type = type
    } else {
      type = try node.elementType("to")
      guard type != nil else { throw CompileError("attribute-value", "attribute 'to' is missing") }
    }
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: type ?? inputs[1]?.elementType, shape: inputs[0]?.shape)
    fact.content = fact.elementType.flatMap { Self.content(ContentGrid(inputs[0])?.elements, as: $0) }
    return [fact]
  }

  /// Whole numbers as another type holds them; nil where it would not hold them, or is of no use for shapes.
  private static func content(_ elements: [ContentElement]?, as type: ElementType) -> [ContentElement]? {
    switch type {
    case .int64, .double: elements
    case .int32, .float:
      elements.flatMap { elements in
        let limit = type == .float ? 1 << 24 : Int(Int32.max)
        return elements.allSatisfy { $0.value.known.map { $0.magnitude <= limit } ?? true } ? elements : nil
      }
    case .bool:
      elements.flatMap { elements in
        let bits = elements.compactMap { element in
          element.value.known.map { $0 == 0 || $0 == 1 ? element : ContentElement(1) }
        }
        return bits.count == elements.count ? bits : nil
      }
    default: nil
    }
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tieAxes(ofInput: 0, toOutput: 0)
    for axis in ties.axes(ofInput: 1) { ties.free(axis) }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    guard let value = operands.first ?? nil else { return nil }
    // Another type may round.
    switch signature.output(0)?.elementType {
    case .float where Double(Float(value)) == value, .double: return value
    default: return value == 0 ? 0 : nil
    }
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  /// A length that becomes a float is a number of the network's arithmetic, as in 1/√d.
  package func kernel(_ call: KernelCall) throws -> any Kernel {
    _ = try call.inputFormat(0)
    return CastKernel(try call.dims(0), from: try call.scalar(0), to: try call.outputFormat())
  }

  package func refit(_ edit: inout NodeEdit) throws {
    guard !edit.isAffected, edit.before.output(0)?.elementType?.isFloatingPoint ?? false else { return }
    edit.keepContent(input: 0)
  }
}

extension OperatorNode {
  /// An attribute that numbers an element type.
  ///
  /// - Throws: `attribute-value` where there is no such type.
  func elementType(_ name: String) throws -> ElementType? {
    guard let number = try int(name) else { return nil }
    guard let type = Int32(exactly: number).flatMap(ElementType.init(rawValue:)), type != .undefined else {
      throw CompileError("attribute-value", "attribute '\(name)' is \(number), which is no element type")
    }
    return type
  }
}
