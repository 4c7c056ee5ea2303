/// Channels laid out as blocks of the map, ONNX `DepthToSpace`.
///
///     Y[n, c, h·b + i, w·b + j] = X[n, (i·b + j)·C + c, h, w]   order DCR
///     Y[n, c, h·b + i, w·b + j] = X[n, (c·b + i)·b + j, h, w]   order CRD
///
/// ## Shapes    X [N, C·b², H, W], Y [N, C, H·b, W·b]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__DepthToSpace.html>
package final class DepthToSpaceKernel: MovingKernel {
  /// What a channel of X counts fastest to slowest, read from the right.
  package enum Order: Sendable {
    case depthColumnRow
    case columnRowDepth
  }

  package let plan: MovementPlan

  package init(_ dims: [Int], blockSize: Int, order: Order, _ scalar: ScalarType = .float) {
    let blocks = BlockedMap(deep: dims, blockSize: blockSize, order, scalar)
    plan = MovementPlan(
      inputs: [blocks.deep], outputs: [blocks.wide],
      moves: [.init(input: 0, output: 0, box: blocks.box)], uses: .once)
  }
}

/// Blocks of the map laid out as channels, ONNX `SpaceToDepth`.
///
///     Y[n, (i·b + j)·C + c, h, w] = X[n, c, h·b + i, w·b + j]   order DCR
///     Y[n, (c·b + i)·b + j, h, w] = X[n, c, h·b + i, w·b + j]   order CRD
///
/// ## Shapes    X [N, C, H·b, W·b], Y [N, C·b², H, W]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html>
package final class SpaceToDepthKernel: MovingKernel {
  package let plan: MovementPlan

  package init(
    _ dims: [Int], blockSize: Int, order: DepthToSpaceKernel.Order = .depthColumnRow,
    _ scalar: ScalarType = .float
  ) {
    let deep = [dims[0], dims[1] * blockSize * blockSize, dims[2] / blockSize, dims[3] / blockSize]
    let blocks = BlockedMap(deep: deep, blockSize: blockSize, order, scalar)
    precondition(blocks.wide.dims == dims, "\(dims) does not consist of blocks of \(blockSize)")
    plan = MovementPlan(
      inputs: [blocks.wide], outputs: [blocks.deep],
      moves: [.init(input: 0, output: 0, box: blocks.box.inverse)], uses: .once)
  }
}

/// A map with its blocks in depth, the same with them in space, and the box from one to the other.
private struct BlockedMap {
  let deep: TensorLayout
  let wide: TensorLayout
  let box: Box

  init(deep dims: [Int], blockSize size: Int, _ order: DepthToSpaceKernel.Order, _ scalar: ScalarType) {
    let depth = dims[1] / (size * size)
    precondition(depth * size * size == dims[1], "\(dims[1]) channels do not make up blocks of \(size)")
    deep = TensorLayout(dims, scalar)
    wide = TensorLayout([dims[0], depth, dims[2] * size, dims[3] * size], scalar)
    let (from, to) = (deep.rowMajorStrides, wide.rowMajorStrides)
    let channel = from[1]
    let (c, i, j) =
      order == .depthColumnRow ? (1, size * depth, depth) : (size * size, size, 1)
    // Axes n, c, h, i, w, j.
    box = Box(
      lengths: [dims[0], depth, dims[2], size, dims[3], size],
      source: .init(strides: [from[0], c * channel, from[2], i * channel, from[3], j * channel]),
      target: .init(strides: [to[0], to[1], to[2] * size, to[2], size, 1]))
  }
}
