/// A tensor of Doubles for plain computations that the kernels are compared with: no strides, no merging of axes, an
/// index for every axis.
struct PlainTensor {
  let dims: [Int]
  var values: [Double]

  init(_ dims: [Int], _ values: [Double]) {
    self.dims = dims
    self.values = values
  }

  init(_ dims: [Int], _ element: ([Int]) -> Double) {
    self.dims = dims
    values = PlainTensor.indices(dims).map(element)
  }

  /// All positions, in row-major order.
  static func indices(_ dims: [Int]) -> [[Int]] {
    dims.reduce([[]]) { prefixes, length in prefixes.flatMap { prefix in (0..<length).map { prefix + [$0] } }
    }
  }

  func position(_ index: [Int]) -> Int { zip(dims, index).reduce(0) { $0 * $1.0 + $1.1 } }

  subscript(_ index: [Int]) -> Double {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  /// The element at a position of a tensor that this one broadcasts to.
  func broadcast(_ index: [Int]) -> Double {
    self[zip(dims, index.suffix(dims.count)).map { $0 == 1 ? 0 : $1 }]
  }

  static func broadcastDims(_ shapes: [[Int]]) -> [Int] {
    let rank = shapes.map(\.count).max() ?? 0
    let padded = shapes.map { [Int](repeating: 1, count: rank - $0.count) + $0 }
    return (0..<rank).map { axis in padded.map { $0[axis] }.first { $0 != 1 } ?? 1 }
  }

  /// f of all elements along some axes; those axes have length 1.
  func reduced(_ axes: [Int], _ function: ([Double]) -> Double) -> PlainTensor {
    var groups: [[Int]: [Double]] = [:]
    for index in PlainTensor.indices(dims) {
      groups[index.enumerated().map { axes.contains($0) ? 0 : $1 }, default: []].append(self[index])
    }
    return PlainTensor(dims.enumerated().map { axes.contains($0) ? 1 : $1 }) { function(groups[$0] ?? []) }
  }

  /// Each line along an axis replaced by f of it.
  func mapLines(_ axis: Int, _ function: ([Double]) -> [Double]) -> PlainTensor {
    var result = self
    for index in PlainTensor.indices(dims) where index[axis] == 0 {
      let line = (0..<dims[axis]).map { position -> [Int] in
        var index = index
        index[axis] = position
        return index
      }
      for (index, value) in zip(line, function(line.map { self[$0] })) { result[index] = value }
    }
    return result
  }
}

/// f of all operands at each position that they broadcast to.
func plainBroadcast(_ operands: [PlainTensor], _ function: ([Double]) -> Double) -> PlainTensor {
  PlainTensor(PlainTensor.broadcastDims(operands.map(\.dims))) { index in
    function(operands.map { $0.broadcast(index) })
  }
}
