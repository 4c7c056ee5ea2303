import GraphIR
import Kernels

/// How much each channel of a group matters: low means that it can go. [FD-SKD] Eq. 5-6.
package struct FilterScores: Sendable {
  package enum Criterion: String, Sendable, CaseIterable {
    /// Sum of magnitudes.
    case l1
    /// Euclidean norm.
    case l2
    /// Sum of distances to the layer's other filters (geometric median).
    case gm
  }

  /// By group, then by member: raw norms where one layer makes the channels; otherwise the mean over the layers of
  /// the norm divided by its layer's mean (ours).
  package let values: [[Double]]
  /// The same, always divided by the layer's mean: comparable between groups.
  package let normalised: [[Double]]

  /// - Throws: `non-finite-weight` naming tensor and index, if a scored weight is NaN or infinite.
  package init(
    _ groups: [ChannelGroup], _ graph: Graph, _ criterion: Criterion, _ quantized: QuantizedWeights
  ) throws {
    let constants = graph.constants
    var values: [[Double]] = []
    var normalised: [[Double]] = []
    for group in groups {
      let layers = try group.rankedAxes.compactMap { axis -> [Double]? in
        guard let stored = constants[axis.value] else { return nil }
        let tensor =
          try quantized.values(of: axis.value).map { try Tensor(doubles: $0, dims: stored.dims) } ?? stored
        return try Self.scores(of: tensor, named: graph[axis.value].name, axis, group.size, criterion)
      }
      let relative = Self.mean(layers.map(Self.dividedByMean), count: group.size)
      normalised.append(relative)
      values.append(layers.count == 1 ? layers[0] : relative)
    }
    self.values = values
    self.normalised = normalised
  }

  private static func dividedByMean(_ scores: [Double]) -> [Double] {
    let mean = scores.reduce(0, +) / Double(scores.count)
    return mean > 0 ? scores.map { $0 / mean } : scores
  }

  private static func mean(_ layers: [[Double]], count: Int) -> [Double] {
    (0..<count).map { member in layers.reduce(0) { $0 + $1[member] } / Double(max(layers.count, 1)) }
  }

  // MARK: - One layer

  private static func scores(
    of tensor: Tensor, named name: String, _ axis: GroupAxis, _ size: Int, _ criterion: Criterion
  ) throws -> [Double] {
    let count = tensor.dims[axis.axis]
    let outer = tensor.dims[..<axis.axis].reduce(1, *)
    let inner = tensor.dims[(axis.axis + 1)...].reduce(1, *)
    let sums = try slotSums(tensor, outer, count, inner, squared: criterion != .l1)
    guard sums.allSatisfy(\.isFinite) else { throw nonFinite(tensor, name) }
    if criterion == .gm, let medians = try medians(tensor, axis, size, outer, count, inner) { return medians }
    let members = (0..<size).map { axis.positions(ofMember: $0).reduce(0) { $0 + sums[Int($1)] } }
    return criterion == .l1 ? members : members.map { $0.squareRoot() }
  }

  /// Σ |w| or Σ w² of each slot of the axis.
  private static func slotSums(
    _ tensor: Tensor, _ outer: Int, _ count: Int, _ inner: Int, squared: Bool
  ) throws -> [Double] {
    if let bytes = tensor.bytes, tensor.elementType == .float {
      return bytes.withUnsafeBytes {
        squared
          ? SlotNorms.squares(floats: $0, outer: outer, count: count, inner: inner)
          : SlotNorms.magnitudes(floats: $0, outer: outer, count: count, inner: inner)
      }
    }
    guard let doubles = tensor.doubles else {
      throw CompileError("weight-type", "weights of type \(tensor.elementType.name) cannot be ranked")
    }
    return doubles.withUnsafeBytes {
      squared
        ? SlotNorms.squares(doubles: $0, outer: outer, count: count, inner: inner)
        : SlotNorms.magnitudes(doubles: $0, outer: outer, count: count, inner: inner)
    }
  }

  /// Geometric-median scores; nil where members have different numbers of slots and so no common space.
  ///
  /// - Throws: `out-of-memory`.
  private static func medians(
    _ tensor: Tensor, _ axis: GroupAxis, _ size: Int, _ outer: Int, _ count: Int, _ inner: Int
  ) throws -> [Double]? {
    do { try ProductMemory.reserve() } catch { throw CompileError(error, "no-scores") }
    let slots = axis.positions(ofMember: 0).count
    guard let values = tensor.doubles,
      (1..<size).allSatisfy({ axis.positions(ofMember: $0).count == slots })
    else { return nil }
    var rows: [Double] = []
    rows.reserveCapacity(size * slots * outer * inner)
    for member in 0..<size {
      for slot in axis.positions(ofMember: member) {
        for block in 0..<outer {
          let start = (block * count + Int(slot)) * inner
          rows += values[start..<start + inner]
        }
      }
    }
    return GeometricMedian.scores(rows, n: size, k: slots * outer * inner)
  }

  private static func nonFinite(_ tensor: Tensor, _ name: String) -> CompileError {
    let index = tensor.doubles?.firstIndex { !$0.isFinite }
    let shown = index.map { "element \($0) is \(tensor.doubles?[$0] ?? .nan)" } ?? "its norm overflows"
    return CompileError("non-finite-weight", "weights '\(name)' cannot be ranked: \(shown)")
  }
}
