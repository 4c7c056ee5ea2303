import GraphIR
import Kernels

/// What an operator of ``AxisMixing`` makes of the elements that it mixes, with the attributes that say how.
enum AxisMixture: Sendable {
  case softmax(takesLogarithm: Bool)
  case hardmax
  case localResponse(size: Int, alpha: Float, beta: Float, bias: Float)
  case norm(p: Int)
  case meanVariance
  case cumulativeSum(exclusive: Bool, reverse: Bool)
  case cumulativeProduct(exclusive: Bool, reverse: Bool)

  init(_ node: OperatorNode) throws {
    switch node.opType {
    case "Softmax", "LogSoftmax": self = .softmax(takesLogarithm: node.opType == "LogSoftmax")
    case "Hardmax": self = .hardmax
    case "LRN":
      self = .localResponse(
        size: try node.int("size") ?? 1, alpha: try node.float("alpha") ?? 0.0001,
        beta: try node.float("beta") ?? 0.75, bias: try node.float("bias") ?? 1)
    case "LpNormalization": self = .norm(p: try node.int("p") ?? 2)
    case "MeanVarianceNormalization": self = .meanVariance
    default:
      let (exclusive, reverse) = (
        try node.int("exclusive") ?? 0 != 0, try node.int("reverse") ?? 0 != 0
      )
      self =
        node.opType == "CumSum"
        ? .cumulativeSum(exclusive: exclusive, reverse: reverse)
        : .cumulativeProduct(exclusive: exclusive, reverse: reverse)
    }
  }

  /// The kernel for a tensor of which `axes` are mixed.
  ///
  /// - Throws: ``KernelError`` where there is none.
  func kernel(_ dims: [Int], axes: [Int], _ scalar: ScalarType) throws -> any Kernel {
    guard let axis = axes.first else { throw KernelError("there is no axis") }
    if case .cumulativeSum(let exclusive, let reverse) = self {
      return CumulativeSumKernel(dims, axis: axis, of: scalar, exclusive: exclusive, reverse: reverse)
    }
    if case .cumulativeProduct(let exclusive, let reverse) = self {
      return CumulativeSumKernel(
        dims, axis: axis, of: scalar, exclusive: exclusive, reverse: reverse, multiplies: true)
    }
    guard scalar == .float else { throw KernelError("there is no kernel for integers") }
    switch self {
    case .softmax(let takesLogarithm): return SoftmaxKernel(dims, axis: axis, takesLogarithm: takesLogarithm)
    case .hardmax: return HardmaxKernel(dims, axis: axis)
    case .localResponse(let size, let alpha, let beta, let bias):
      guard size > 0, dims.count >= 2 else { throw KernelError("no channels are neighbours") }
      return LocalResponseNormalizationKernel(dims, size: size, alpha: alpha, beta: beta, bias: bias)
    case .norm(let p):
      guard p == 1 || p == 2 else { throw KernelError("a norm with p = \(p) has no kernel") }
      return LpNormalizationKernel(dims, axis: axis, p: p)
    case .meanVariance: return MeanVarianceNormalizationKernel(dims, axes: axes)
    case .cumulativeSum, .cumulativeProduct: throw KernelError("integers and floats were told apart before")
    }
  }
}
