import GraphIR

/// The elements of a small integer tensor with its shape, to be moved about: what Gather, Slice, Concat and the like
/// do to shapes that a graph computes.
struct ContentGrid {
  let shape: [Int]
  /// Row-major.
  let elements: [ContentElement]

  /// The fact's content, where all of it is known; whole numbers in a small constant of floats count as well, since
  /// exporters compute sizes and scales in floats.
  init?(_ fact: ValueFact?) {
    guard let fact, let shape = fact.knownShape,
      let elements = fact.content ?? Self.wholeNumbers(fact.constant),
      elements.count == shape.reduce(1, *)
    else { return nil }
    self.shape = shape
    self.elements = elements
  }

  /// A grid of which each element is made from its position; nil where it would be too large to keep.
  init?(shape: [Dimension]?, _ element: ([Int]) -> ContentElement?) {
    guard let shape, let count = Self.count(shape) else { return nil }
    self.shape = shape.compactMap(\.known)
    var position = [Int](repeating: 0, count: shape.count)
    var elements: [ContentElement] = []
    elements.reserveCapacity(count)
    for _ in 0..<count {
      guard let next = element(position) else { return nil }
      elements.append(next)
      for axis in position.indices.reversed() {
        position[axis] += 1
        if position[axis] < self.shape[axis] { break }
        position[axis] = 0
      }
    }
    self.elements = elements
  }

  subscript(position: [Int]) -> ContentElement {
    elements[zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }]
  }

  /// The element that broadcasting puts at `position` of a tensor of at least this rank.
  func broadcast(_ position: [Int]) -> ContentElement {
    self[zip(position.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }]
  }

  /// Number of elements of a shape that is known and small.
  private static func count(_ shape: [Dimension]) -> Int? {
    var count = 1
    for dimension in shape {
      guard let length = dimension.known, length >= 0, length <= ValueFact.contentLimit else { return nil }
      count *= length
      guard count <= ValueFact.contentLimit else { return nil }
    }
    return count
  }

  private static func wholeNumbers(_ constant: Tensor?) -> [ContentElement]? {
    guard let constant, constant.count <= ValueFact.contentLimit, let numbers = constant.doubles else {
      return nil
    }
    let whole = numbers.compactMap(Int.init(exactly:))
    return whole.count == numbers.count ? whole.map { ContentElement(Dimension($0)) } : nil
  }
}
