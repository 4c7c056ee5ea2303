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
  case cumulativeProduct

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
    case "CumSum":
      self = .cumulativeSum(
        exclusive: try node.int("exclusive") ?? 0 != 0, reverse: try node.int("reverse") ?? 0 != 0)
    default: self = .cumulativeProduct
    }
  }

  /// The kernel for a tensor of which `axes` are mixed.
  ///
  /// - Throws: ``KernelError`` where there is none.
  func kernel(_ dims: [Int], axes: [Int], _ scalar: ScalarType) throws -> any Kernel {
    if case .cumulativeSum(let exclusive, let reverse) = self, let axis = axes.first {
      return CumulativeSumKernel(dims, axis: axis, of: scalar, exclusive: exclusive, reverse: reverse)
    }
    guard scalar == .float, let axis = axes.first else { throw KernelError("there is no kernel for integers") }
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
    case .cumulativeSum, .cumulativeProduct: throw KernelError("running products have no kernel")
    }
  }
}
