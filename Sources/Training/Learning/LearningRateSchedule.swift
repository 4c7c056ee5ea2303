#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How the learning rate goes while the compacted network is retrained (ours; [FD-SKD] does not say).
///
/// While filters decay it is constant: one that is annealed to zero in that phase leaves none to adapt with.
package enum LearningRateSchedule: String, Sendable {
  /// η
  case constant
  /// η/2 · (1 + cos π·x)
  case cosine
  /// η, η/10 from x = 1/2, η/100 from x = 3/4
  case step

  /// - Parameter x: how much of the phase is done, 0…1.
  package func rate(_ initial: Double, at x: Double) -> Double {
    switch self {
    case .constant: initial
    case .cosine: initial / 2 * (1 + cos(.pi * x))
    case .step: x < 0.5 ? initial : x < 0.75 ? initial / 10 : initial / 100
    }
  }
}
