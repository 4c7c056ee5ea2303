/// How far two outputs may lie apart: `absolute`, or `relative` to the largest magnitude that is expected.
package struct Tolerance: Sendable, Equatable {
  package var relative: Double
  package var absolute: Double

  package init(relative: Double = 1e-4, absolute: Double = 1e-6) {
    self.relative = relative
    self.absolute = absolute
  }
}

/// How an output differs from what was expected of it.
package struct OutputDifference: Sendable, Equatable {
  package let name: String
  package private(set) var maxAbsolute = 0.0
  /// Largest finite magnitude that was expected.
  package private(set) var largest = 0.0
  /// The first element that lies beyond the tolerance.
  package private(set) var first: (index: Int, expected: Double, found: Double)?

  /// Relative to the largest magnitude; 0 where nothing differs.
  package var maxRelative: Double { maxAbsolute == 0 ? 0 : maxAbsolute / max(largest, .leastNormalMagnitude) }

  /// NaN equals NaN, and an infinity itself.
  package init(
    _ name: String, expected: some Collection<Double>, found: some Collection<Double>, _ tolerance: Tolerance
  ) {
    self.name = name
    for value in expected where value.isFinite { largest = max(largest, value.magnitude) }
    let limit = max(tolerance.absolute, tolerance.relative * largest)
    for (index, (a, b)) in zip(expected, found).enumerated() {
      if a == b || (a.isNaN && b.isNaN) { continue }
      let difference = (a - b).magnitude
      maxAbsolute = max(maxAbsolute, difference.isNaN ? .infinity : difference)
      if first == nil, !(difference <= limit) { first = (index, a, b) }
    }
  }

  package static func == (a: OutputDifference, b: OutputDifference) -> Bool {
    a.name == b.name && a.maxAbsolute == b.maxAbsolute && a.largest == b.largest
      && a.first?.index == b.first?.index
  }
}
