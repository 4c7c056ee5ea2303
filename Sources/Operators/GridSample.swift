import GraphIR

/// A map read at the points of a grid, ONNX `GridSample` (opset 16 and later), and the grid that an affine map gives,
/// `AffineGrid` (opset 20).
///
///     Y[n,c,y,x] = X[n,c] interpolated at grid[n,y,x]        grid[n,y,x] = theta[n] · (x, y, 1)
///
/// ## Shapes    X [N, C, H, W], grid [N, H′, W′, 2], Y [N, C, H′, W′]; theta [N, 2, 3], size N C H′ W′; the same with
///              one more axis
/// ## Channels  X₁≡Y₁, X₀≡grid₀≡Y₀; all else stays
/// ## Cost      none
/// - Throws: `shape-mismatch` if X and the grid have different ranks.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__GridSample.html>
package struct GridSample: Operator {
  package static let identifiers = [
    OperatorIdentifier("GridSample"), .microsoft("GridSample"), OperatorIdentifier("AffineGrid"),
  ]

  private let makesGrid: Bool

  package init(_ node: OperatorNode) throws { makesGrid = node.opType == "AffineGrid" }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var fact = ValueFact(elementType: inputs[0]?.elementType)
    if makesGrid {
      if let size = inputs[1]?.content?.map(\.value), size.count >= 4 {
        fact.shape = [size[0]] + size[2...] + [Dimension(size.count - 2)]
      } else if let count = inputs[1]?.dimension(0)?.known, (4...5).contains(count) {
        fact.shape = inputs.freshShape(rank: count - 1) + [Dimension(count - 2)]
      }
      return [fact]
    }
    let (data, grid) = (inputs[0]?.shape, inputs[1]?.shape)
    guard let rank = data?.count ?? grid?.count, rank >= 3 else { return [fact] }
    guard data.map({ $0.count == rank }) ?? true, grid.map({ $0.count == rank }) ?? true else {
      throw CompileError("shape-mismatch", "X has rank \(rank), the grid \(grid?.count ?? 0)")
    }
    let lengths = (2..<rank).map { grid?[$0 - 1] ?? inputs.freshDimension($0) }
    let batch = data?[0] ?? grid?[0] ?? inputs.freshDimension(0)
    fact.shape = [batch, data?[1] ?? inputs.freshDimension(1)] + lengths
    return [fact]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard !makesGrid, ties.signature.output(0)?.rank != nil else { return }
    ties.tie(.input(0, axis: 1), .output(0, axis: 1))
    ties.tie(.input(0, axis: 0), .output(0, axis: 0))
    ties.tie(.input(1, axis: 0), .output(0, axis: 0))
    ties.pinAll(
      ties.axes(ofInput: 0, from: 2) + ties.axes(ofInput: 1, from: 1) + ties.axes(ofOutput: 0, from: 2),
      "is where the grid lies")
  }

  /// Points outside the map may count as 0.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 && !makesGrid ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func refit(_ edit: inout NodeEdit) throws {}
}
