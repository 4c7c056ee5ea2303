import GraphIR

/// How an output differs from what was expected of it.
package struct OutputDifference: Sendable, Equatable {
  /// One element that is not what it should be.
  package struct Element: Sendable, Equatable {
    package let index: Int
    package let expected: Double
    package let found: Double
  }

  package let name: String
  package private(set) var maxAbsolute = 0.0
  /// Largest finite magnitude that was expected.
  package private(set) var largest = 0.0
  /// The first element beyond the tolerance; nil where the outputs are equal within it.
  package private(set) var first: Element?
  /// Why the elements could not be compared: shapes or types are not the same.
  package private(set) var mismatch: String?

  /// Whether an element was not expected to be a number.
  package private(set) var expectsNaN = false

  /// Relative to the largest magnitude; 0 where nothing differs.
  package var maxRelative: Double { maxAbsolute == 0 ? 0 : maxAbsolute / max(largest, .leastNormalMagnitude) }

  package var isEqual: Bool { first == nil && mismatch == nil }

  /// What is wrong, to follow the name of the output; nil where nothing is.
  package var reason: String? {
    mismatch ?? first.map { "element \($0.index) is \($0.found), expected \($0.expected)" }
  }

  /// NaN equals NaN, and an infinity itself.
  package init(_ name: String, expected: [Double], found: [Double], _ tolerance: Tolerance) {
    self.name = name
    guard matches(expected.count, found.count) else { return }
    for value in expected where value.isFinite { largest = max(largest, value.magnitude) }
    let limit = max(tolerance.absolute, tolerance.relative * largest)
    expectsNaN = expected.contains(where: \.isNaN)
    for (index, (a, b)) in zip(expected, found).enumerated() where a != b && !(a.isNaN && b.isNaN) {
      let difference = (a - b).magnitude
      maxAbsolute = max(maxAbsolute, difference.isNaN ? .infinity : difference)
      if first == nil, !(difference <= limit) { first = Element(index: index, expected: a, found: b) }
    }
  }

  /// Integers and booleans.
  package init(_ name: String, expected: [Int64], found: [Int64], _ tolerance: Tolerance) {
    self.name = name
    guard matches(expected.count, found.count) else { return }
    var others = 0
    var candidate: Element?
    for (index, (a, b)) in zip(expected, found).enumerated() {
      largest = max(largest, Double(a).magnitude)
      guard a != b else { continue }
      if a.subtractingReportingOverflow(b).partialValue.magnitude > tolerance.steps { others += 1 }
      maxAbsolute = max(maxAbsolute, (Double(a) - Double(b)).magnitude)
      if candidate == nil, others > 0 {
        candidate = Element(index: index, expected: Double(a), found: Double(b))
      }
    }
    if others > 0, Double(others) > tolerance.relative * Double(expected.count) { first = candidate }
  }

  /// Outputs of two networks that have been run.
  package init(expected: Program.Port, found: Program.Port, _ tolerance: Tolerance) {
    guard expected.scalar == found.scalar else {
      self.init(expected.name, mismatch: "is \(found.scalar), expected \(expected.scalar)")
      return
    }
    guard expected.dims == found.dims else {
      self.init(expected.name, mismatch: "has shape \(found.dims), expected \(expected.dims)")
      return
    }
    switch expected.scalar {
    case .float:
      self.init(
        expected.name, expected: expected.floats.map(Double.init), found: found.floats.map(Double.init),
        tolerance)
    case .integer:
      self.init(expected.name, expected: Array(expected.integers), found: Array(found.integers), tolerance)
    }
  }

  /// A value of two networks, of which the second one has lost channels.
  package init(expected: Program.Port, found: Program.Port, _ kept: KeptPositions, _ tolerance: Tolerance) {
    guard let dims = kept.dims(of: expected.value, expected.dims), dims != expected.dims else {
      self.init(expected: expected, found: found, tolerance)
      return
    }
    guard expected.scalar == found.scalar, dims == found.dims,
      let bytes = kept.elements(of: expected, expected.value)
    else {
      self.init(expected.name, mismatch: "has shape \(found.dims), expected \(dims)")
      return
    }
    self = bytes.withUnsafeBytes { bytes in
      switch expected.scalar {
      case .float:
        OutputDifference(
          expected.name, expected: bytes.bindMemory(to: Float.self).map(Double.init),
          found: found.floats.map(Double.init), tolerance)
      case .integer:
        OutputDifference(
          expected.name, expected: Array(bytes.bindMemory(to: Int64.self)), found: Array(found.integers),
          tolerance)
      }
    }
  }

  /// An output of a network that has been run, against what a file expects of it.
  package init(expected: Tensor, found: Program.Port, _ tolerance: Tolerance) {
    guard expected.dims == found.dims else {
      self.init(found.name, mismatch: "has shape \(found.dims), expected \(expected.dims)")
      return
    }
    let integers = expected.integers ?? expected.packedIntegers
    if let integers, found.scalar == .integer {
      self.init(found.name, expected: integers.map(Int64.init), found: Array(found.integers), tolerance)
    } else if let numbers = expected.doubles ?? integers?.map(Double.init) {
      self.init(found.name, expected: numbers, found: found.doubles, tolerance)
    } else {
      self.init(found.name, mismatch: "of type \(expected.elementType.name) cannot be compared")
    }
  }

  private init(_ name: String, mismatch: String) {
    self.name = name
    self.mismatch = mismatch
  }

  private mutating func matches(_ expected: Int, _ found: Int) -> Bool {
    if expected != found { mismatch = "has \(found) elements, expected \(expected)" }
    return expected == found
  }
}
