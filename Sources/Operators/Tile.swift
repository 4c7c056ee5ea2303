import GraphIR
import Kernels

/// A tensor laid out several times along its axes, ONNX `Tile` (opset 1 and later).
///
///     output[…, j, …] = input[…, j mod length, …]
///
/// ## Shapes    every length times its number of repeats
/// ## Channels  output at j ≡ input at j mod length
/// ## Cost      none
/// - Throws: `shape-mismatch` if there is not one number of repeats for every axis.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Tile.html>
package struct Tile: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("Tile")]

  /// Opset 1 repeats one axis, and takes both numbers as inputs.
  private let hasOneAxis: Bool

  package init(_ node: OperatorNode) throws { hasOneAxis = node.opsetVersion < 6 }

  /// How often each axis is repeated; nil where that is not known.
  private func repeats(_ signature: Signature, rank: Int) throws -> [Dimension]? {
    guard let numbers = IntegerList.input(1).elements(signature)?.map(\.value) else { return nil }
    guard hasOneAxis else {
      guard numbers.count == rank else {
        throw CompileError("shape-mismatch", "there are \(numbers.count) repeats for \(rank) axes")
      }
      return numbers
    }
    guard let count = numbers.first, let axis = IntegerList.input(2).known(signature)?.first else {
      return nil
    }
    var repeats = [Dimension](repeating: 1, count: rank)
    repeats[try resolveAxis(axis, rank: rank)] = count
    return repeats
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    guard let shape = inputs[0]?.shape else { return [fact] }
    guard let repeats = try repeats(inputs.signature, rank: shape.count) else {
      fact.shape = inputs.freshShape(rank: shape.count)
      return [fact]
    }
    fact.shape = zip(shape, repeats).map { $0 * $1 }
    if let grid = ContentGrid(inputs[0]) {
      fact.content = ContentGrid(shape: fact.shape) { grid[zip($0, grid.shape).map { $0 % $1 }] }?.elements
    }
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    let signature = ties.signature
    guard let rank = signature.input(0)?.rank, let repeats = try? repeats(signature, rank: rank) else {
      return
    }
    for (axis, count) in repeats.enumerated() {
      let (input, output) = (OperandAxis.input(0, axis: axis), OperandAxis.output(0, axis: axis))
      if count == 1 {
        ties.tie(input, output)
      } else if let length = signature.length(input), length > 0, count.known.map({ $0 > 0 }) ?? false {
        ties.tie(output, input) { $0 % length }
      } else {
        ties.pinAll([input, output], "is repeated a number of times that is not known")
      }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.first ?? nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    let dims = try call.dims(0)
    guard let repeats = try repeats(call.signature, rank: dims.count)?.compactMap(\.known),
      repeats.count == dims.count, repeats.allSatisfy({ $0 >= 0 })
    else { throw KernelError("how often it repeats depends on the data") }
    return TileKernel(dims, repeats: repeats, try call.scalar(0))
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
