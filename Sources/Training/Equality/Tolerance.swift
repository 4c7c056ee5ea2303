/// How far two outputs may lie apart: `absolute`, or `relative` to the largest magnitude that is expected.
package struct Tolerance: Sendable, Equatable {
  package var relative: Double
  package var absolute: Double
  /// How far integers may lie apart: by one step where sums were rounded to them.
  package var steps: UInt64

  package init(relative: Double = 1e-4, absolute: Double = 1e-6, steps: UInt64 = 0) {
    self.relative = relative
    self.absolute = absolute
    self.steps = steps
  }
}
