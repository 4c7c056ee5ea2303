import Analysis
import GraphIR
import Kernels

/// What is left of a value's elements where channels are removed from the network.
package struct KeptPositions {
  /// By value and axis: which kinds of position stay, of how many (``Dimension/period``).
  private let isKept: [ValueID: [Int: [Bool]]]

  /// - Parameters:
  ///   - survivors: positions that stay, of every axis that loses any.
  ///   - facts: of the network that the survivors are of.
  package init(_ survivors: [AxisKey: [Int]], _ facts: GraphFacts) {
    var isKept: [ValueID: [Int: [Bool]]] = [:]
    for (key, positions) in survivors {
      guard let period = facts[key.value].dimension(key.axis)?.period else { continue }
      var flags = [Bool](repeating: false, count: period)
      for position in positions where flags.indices.contains(position) { flags[position] = true }
      isKept[key.value, default: [:]][key.axis] = flags
    }
    self.isKept = isKept
  }

  /// The positions that stay of a value of lengths `dims`, by axis; nil for an axis that keeps all. Nil as a whole where
  /// the lengths do not fit what is known of the value.
  package func positions(of value: ValueID, dims: [Int]) -> [[Int]?]? {
    var result = [[Int]?](repeating: nil, count: dims.count)
    for (axis, flags) in isKept[value] ?? [:] {
      guard dims.indices.contains(axis), !flags.isEmpty, dims[axis] % flags.count == 0 else { return nil }
      result[axis] = (0..<dims[axis]).filter { flags[$0 % flags.count] }
    }
    return result
  }

  /// The lengths that are left of `dims`; nil where they do not fit what is known of the value.
  package func dims(of value: ValueID, _ dims: [Int]) -> [Int]? {
    positions(of: value, dims: dims).map { zip($0, dims).map { $0?.count ?? $1 } }
  }

  /// The elements of a row-major tensor that are left, as bytes.
  func elements(of port: Program.Port, _ value: ValueID) -> [UInt8]? {
    guard let kept = positions(of: value, dims: port.dims) else { return nil }
    let count = zip(kept, port.dims).reduce(1) { $0 * ($1.0?.count ?? $1.1) }
    guard count > 0 else { return [] }
    let stride = port.scalar.byteCount
    let source = UnsafeRawBufferPointer(start: port.address, count: port.dims.reduce(stride, *))
    return [UInt8](unsafeUninitializedCapacity: count * stride) { target, filled in
      BlockCopy.select(
        source, dims: port.dims, stride: stride, keep: kept, into: UnsafeMutableRawBufferPointer(target))
      filled = count * stride
    }
  }

  /// Sets to zero what is removed of a row-major tensor.
  func clearRemoved(of port: Program.Port) {
    guard let kept = positions(of: port.value, dims: port.dims), port.scalar == .float else { return }
    for (axis, positions) in kept.enumerated() {
      guard let positions else { continue }
      let stays = Set(positions)
      let inner = port.dims[(axis + 1)...].reduce(1, *)
      for block in 0..<port.dims[..<axis].reduce(1, *) {
        for position in 0..<port.dims[axis] where !stays.contains(position) {
          let start = (block * port.dims[axis] + position) * inner
          UnsafeMutableBufferPointer(rebasing: port.floats[start..<start + inner]).update(repeating: 0)
        }
      }
    }
  }
}
