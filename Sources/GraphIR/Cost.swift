/// What a node costs for one run of the graph in which symbolic batch dimensions count as 1.
package struct Cost: Sendable, Equatable {
  /// Multiply-accumulates of the products that the node forms; nil where a length that it depends on is unknown, or
  /// where they are more than ``largest``.
  package private(set) var multiplyAccumulates: Int?
  /// Inputs whose elements are learned parameters, if they are constants: weights, biases, scales; not statistics.
  package var parameterOperands: [Int]
  /// The figures of Eq. 16-17 of [FD-SKD], for convolutions.
  package var paper: PaperCost?

  package init(multiplyAccumulates: Int?, parameterOperands: [Int] = [], paper: PaperCost? = nil) {
    self.multiplyAccumulates = multiplyAccumulates.flatMap { $0 <= Self.largest ? $0 : nil }
    self.parameterOperands = parameterOperands
    self.paper = paper
  }

  /// No network computes so much, and few readers of JSON keep all digits of larger numbers.
  package static let largest = 1 << 53

  /// A node that multiplies nothing by a weight.
  package static let free = Cost(multiplyAccumulates: 0)
}

/// A convolution's parameters and FLOPs as the paper prints them, [FD-SKD] Eq. 16-17.
///
///     Params = (2·Cin·K² + 1)·Cout        FLOPs = H·W·(2·Cin·K² − 1)·Cout
///
/// Cin is counted per group, K² is kH·kW, H and W are those of the output map. Eq. 16 counts about twice the
/// elements of weight and bias; reports print it beside the exact count.
package struct PaperCost: Sendable, Equatable {
  package var parameters: Int
  package var floatingPointOperations: Int?

  /// Nil where the parameters are more than ``Cost/largest``.
  package init?(inputChannelsPerGroup: Int, kernelArea: Int, outputChannels: Int, outputArea: Int?) {
    guard let products = [2, inputChannelsPerGroup, kernelArea].product, products < Cost.largest,
      let parameters = [products + 1, outputChannels].product, parameters <= Cost.largest
    else { return nil }
    self.parameters = parameters
    floatingPointOperations = outputArea.flatMap { [$0, products - 1, outputChannels].product }
      .flatMap { $0 <= Cost.largest ? $0 : nil }
  }
}
