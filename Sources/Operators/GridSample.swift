import GraphIR
import Kernels

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
package struct GridSample: ComposedOperator {
  package static let identifiers = [
    OperatorIdentifier("GridSample"), .microsoft("GridSample"), OperatorIdentifier("AffineGrid"),
  ]

  private let makesGrid: Bool
  private let mode: String
  private let padding: GridSampleKernel.Padding
  private let alignsCorners: Bool

  package init(_ node: OperatorNode) throws {
    makesGrid = node.opType == "AffineGrid"
    mode = try node.string("mode") ?? "linear"
    alignsCorners = try node.int("align_corners") ?? 0 != 0
    switch try node.string("padding_mode") ?? "zeros" {
    case "zeros": padding = .zeros
    case "border": padding = .border
    case "reflection": padding = .reflection
    case let other:
      throw CompileError(
        "attribute-value", "attribute 'padding_mode' is '\(other)', not zeros, border or reflection")
    }
  }

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

  package func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?] {
    if makesGrid { return [try composeGrid(&chain, call.outputDims())] }
    let (data, grid) = (try chain.input(0), try chain.input(1))
    let interpolation: GridSampleKernel.Interpolation
    switch mode {
    case "linear", "bilinear": interpolation = .bilinear
    case "nearest": interpolation = .nearest
    case "cubic", "bicubic": interpolation = .bicubic
    default: throw KernelError("the mode '\(mode)' has no kernel")
    }
    guard data.rank == 4, grid.rank == 4 else { throw KernelError("a volume has no kernel") }
    let kernel = GridSampleKernel(
      data.dims, size: (grid.dims[1], grid.dims[2]), interpolation, padding, alignCorners: alignsCorners)
    return [try chain.run(kernel, data, grid)]
  }

  /// The places (x, y, 1) of a grid times theta: [N, H·W, 3] · [N, 3, 2].
  private func composeGrid(_ chain: inout KernelChain, _ dims: [Int]) throws -> KernelChain.Value {
    let lengths = Array(dims.dropFirst().dropLast())
    func places(_ length: Int) -> [Float] {
      (0..<length).map { index in
        guard alignsCorners else { return (2 * Float(index) + 1) / Float(length) - 1 }
        return length > 1 ? 2 * Float(index) / Float(length - 1) - 1 : 0
      }
    }
    var points: [[Float]] = [[]]
    for length in lengths { points = points.flatMap { point in places(length).map { point + [$0] } } }
    // x is the place along the last axis.
    let base: [Float] = points.flatMap { (point: [Float]) -> [Float] in point.reversed() + [1] }
    let grid = try chain.constant(base, dims: [points.count, lengths.count + 1])
    let theta = try chain.transposeMatrices(chain.input(0))
    return try chain.reshape(chain.product(grid, theta), to: dims)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
