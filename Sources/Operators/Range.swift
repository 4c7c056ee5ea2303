import GraphIR
import Kernels

/// Numbers at equal distances, ONNX `Range` (opset 11 and later).
///
///     output[i] = start + i·delta      before limit
///
/// ## Shapes    max(⌈(limit − start) / delta⌉, 0)
/// ## Channels  its numbers are counted, so that none may go
/// ## Cost      none
/// - Throws: `shape-mismatch` if delta is 0.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Range.html>
package struct RangeOperator: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Range")]

  package init(_ node: OperatorNode) throws {}

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType ?? inputs[1]?.elementType)
    fact.shape = inputs.freshShape(rank: 1)
    let operands = (0..<3).map { ContentGrid(inputs[$0])?.elements.first?.value }
    if operands[2] == 0 { throw CompileError("shape-mismatch", "delta is 0") }
    guard let start = operands[0], let limit = operands[1], let delta = operands[2] else {
      let numbers = (0..<3).compactMap { inputs[$0]?.scalar }
      if numbers.count == 3, numbers[2] != 0 {
        let count = max(((numbers[1] - numbers[0]) / numbers[2]).rounded(.up), 0)
        if let count = Int(exactly: count) { fact.shape = [Dimension(count)] }
      }
      return [fact]
    }
    if let start = start.known, let limit = limit.known, let delta = delta.known {
      guard let count = Self.count(start, limit, delta) else { return [fact] }
      fact.shape = [Dimension(count)]
      fact.content =
        ContentGrid(shape: fact.shape) { ContentElement(Dimension(start &+ $0[0] &* delta)) }?.elements
    } else if delta == 1 {
      fact.shape = [limit - start]
    } else {
      fact.shape = [.derived("range", start, limit, delta)]
    }
    return [fact]
  }

  /// How many numbers there are; nil where the distance does not fit.
  private static func count(_ start: Int, _ limit: Int, _ delta: Int) -> Int? {
    let (distance, overflow) = limit.subtractingReportingOverflow(start)
    guard !overflow, distance.magnitude < 1 << 62, delta.magnitude < 1 << 62 else { return nil }
    let count = distance / delta + (distance % delta == 0 ? 0 : 1)
    return distance == 0 || (distance < 0) != (delta < 0) ? 0 : count
  }

  package func tieChannels(_ ties: inout ChannelTies) { ties.pin(.output(0, axis: 0), "is counted") }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? { nil }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    NumberSequenceKernel(count: try call.outputDims()[0], try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
