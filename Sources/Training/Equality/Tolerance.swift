/// How far two outputs may lie apart: `absolute`, or `relative` to the largest magnitude that is expected.
package struct Tolerance: Sendable, Equatable {
  package var relative: Double
  package var absolute: Double

  package init(relative: Double = 1e-4, absolute: Double = 1e-6) {
    self.relative = relative
    self.absolute = absolute
  }
}
