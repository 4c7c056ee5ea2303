import GraphIR

/// Constant vectors of indices, as GatherND and ScatterND take them: [I…, width], where component a of each picks a
/// place on axis a of the data.
///
///     [[0, 3], [0, 1], [0, 7]]     along axis 0 component 0 is 0, 0, 0 and component 1 is 3, 1, 7
struct IndexVectors {
  /// A component that follows from the place along one axis of I… alone.
  struct Component {
    /// The axis of the data that it picks on.
    let data: Int
    /// The axis of I….
    let axis: Int
    /// The place that each index along that axis picks.
    let places: [Int]
  }

  private let shape: [Int]
  private let width: Int
  /// As they are stored: a negative one counts from the end.
  private let stored: [Int]
  /// Of the data's axes.
  private let lengths: [Int?]

  /// Nil where the indices are not known.
  init?(_ fact: ValueFact?, of lengths: [Int?]) {
    guard let grid = ContentGrid(fact), let width = grid.shape.last, width > 0, width <= lengths.count,
      !grid.elements.isEmpty
    else { return nil }
    let known = grid.elements.compactMap(\.value.known)
    guard known.count == grid.elements.count else { return nil }
    (shape, self.width, stored, self.lengths) = (grid.shape.dropLast(), width, known, lengths)
  }

  /// Single indices [I…] of one axis of the data, as Gather takes them.
  init?(ofAxis fact: ValueFact?, length: Int?) {
    guard var fact, let shape = fact.shape else { return nil }
    fact.shape = shape + [1]
    self.init(fact, of: [length])
  }

  /// The components of which each axis of I… decides, the most telling first: only one of them can be followed.
  var components: [[Component]] {
    var result = [[Component]](repeating: [], count: shape.count)
    for component in (0..<width).compactMap({ decided($0) }) { result[component.axis].append(component) }
    return result.map { $0.sorted { Set($0.places).count > Set($1.places).count } }
  }

  /// Nil where no axis alone decides, or the data's axis has no known length.
  private func decided(_ component: Int) -> Component? {
    guard let length = lengths[component] else { return nil }
    let values = stride(from: component, to: stored.count, by: width).map { stored[$0] }
    guard values.allSatisfy({ (-length..<length).contains($0) }) else { return nil }
    let places = values.map { $0 < 0 ? $0 + length : $0 }
    for axis in shape.indices {
      let inner = shape[(axis + 1)...].reduce(1, *)
      let own = (0..<shape[axis]).map { places[$0 * inner] }
      if places.indices.allSatisfy({ places[$0] == own[$0 / inner % shape[axis]] }) {
        return Component(data: component, axis: axis, places: own)
      }
    }
    return nil
  }

  /// The indices that are left after a removal, with the places that they pick then.
  ///
  /// - Parameter data: by component, the survivors of the data's axis; nil where it lost none.
  /// - Parameter picked: the same for the axes of I….
  /// - Throws: `cannot-refit` where an index that is left picks what is gone.
  func surviving(data: [[Int]?], picked: [[Int]?]) throws -> [Int] {
    var vectors = [0]
    for (axis, length) in shape.enumerated() {
      let kept = picked[axis] ?? Array(0..<length)
      vectors = vectors.flatMap { outer in kept.map { outer * length + $0 } }
    }
    let places = data.map { kept in
      kept.map { Dictionary(uniqueKeysWithValues: $0.enumerated().map { ($1, $0) }) }
    }
    return try vectors.flatMap { vector in
      try (0..<width).map { component in
        let index = stored[vector * width + component]
        guard let kept = data[component], let places = places[component] else { return index }
        guard let place = places[index < 0 ? index + (lengths[component] ?? 0) : index] else {
          throw CompileError("cannot-refit", "index \(index) is gone, but is still looked up")
        }
        return index < 0 ? place - kept.count : place
      }
    }
  }
}

extension NodeEdit {
  /// Brings constant vectors of indices, input 1, up to date with the axes of input 0 that they pick on.
  mutating func refitIndexVectors(_ vectors: IndexVectors, width: Int) throws {
    let data = (0..<width).map { survivors(.input(0, axis: $0)) }
    guard data.contains(where: { $0 != nil }), let rank = before.input(1)?.rank else { return }
    let picked = (0..<rank - 1).map { survivors(.input(1, axis: $0)) }
    setContent(input: 1, try vectors.surviving(data: data, picked: picked))
  }
}
