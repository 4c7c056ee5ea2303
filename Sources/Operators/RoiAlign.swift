import GraphIR
import Kernels

/// Pooling of regions, ONNX `RoiAlign` (opset 10 and later) and `MaxRoiPool` (opset 1 and later).
///
///     Y[r,c,y,x] = average or maximum of samples of X[batch_indices[r], c, …] inside cell y, x of region r
///
/// ## Shapes    X [N, C, H, W], rois [R, 4], batch_indices [R], Y [R, C, output_height, output_width]; MaxRoiPool
///              rois [R, 5], of which the first is the batch index, and `pooled_shape`
/// ## Channels  X₁≡Y₁; rois₀≡batch_indices₀≡Y₀
/// ## Cost      none
/// - Throws: `shape-mismatch` if X is no batch of maps.
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__RoiAlign.html>
package struct RoiAlign: ComputableOperator {
  package static let identifiers = [OperatorIdentifier("RoiAlign"), OperatorIdentifier("MaxRoiPool")]

  private let height: Int
  private let width: Int
  /// Nil for MaxRoiPool.
  private let sampling: Sampling?

  private struct Sampling {
    let pooling: RoiAlignKernel.Pooling
    let scale: Float
    let ratio: Int
    let isHalfPixel: Bool
  }

  package init(_ node: OperatorNode) throws {
    sampling = try node.opType == "RoiAlign" ? Self.sampling(node) : nil
    let pooled = try node.ints("pooled_shape")
    height = try pooled?.first ?? node.int("output_height") ?? 1
    width = try pooled?.last ?? node.int("output_width") ?? 1
    guard height >= 1, width >= 1 else {
      throw CompileError("attribute-value", "the output would be \(height) by \(width)")
    }
  }

  private static func sampling(_ node: OperatorNode) throws -> Sampling {
    let mode = try node.string("coordinate_transformation_mode")
    return Sampling(
      pooling: try node.string("mode") == "max" ? .maximum : .average,
      scale: try node.float("spatial_scale") ?? 1, ratio: try node.int("sampling_ratio") ?? 0,
      isHalfPixel: node.opsetVersion < 16 ? false : mode ?? "half_pixel" == "half_pixel")
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    if let rank = inputs[0]?.rank, rank != 4 {
      throw CompileError("shape-mismatch", "X has rank \(rank), a batch of maps has 4")
    }
    let regions = inputs[1]?.dimension(0) ?? inputs[2]?.dimension(0) ?? inputs.freshDimension(0)
    let channels = inputs[0]?.dimension(1) ?? inputs.freshDimension(1)
    return [
      ValueFact(
        elementType: inputs[0]?.elementType, shape: [regions, channels, Dimension(height), Dimension(width)])
    ]
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    ties.tie(.input(0, axis: 1), .output(0, axis: 1))
    ties.tie(.input(1, axis: 0), .output(0, axis: 0))
    if ties.signature.input(2) != nil { ties.tie(.input(2, axis: 0), .output(0, axis: 0)) }
    let spatial = ties.axes(ofInput: 0, from: 2) + ties.axes(ofOutput: 0, from: 2)
    ties.pinAll(spatial, "is where regions lie")
  }

  /// Samples outside the map count as 0.
  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    operands.element(0) == 0 ? 0 : nil
  }

  package func cost(_ signature: Signature) -> Cost { .free }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    guard let sampling else { throw KernelError("MaxRoiPool has no kernel") }
    return RoiAlignKernel(
      try call.dims(0), regions: try call.outputDims()[0], size: (height, width), sampling.pooling,
      spatialScale: sampling.scale, samplingRatio: sampling.ratio, halfPixel: sampling.isHalfPixel)
  }

  package func refit(_ edit: inout NodeEdit) throws {}
}
