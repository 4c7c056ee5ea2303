#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// When filters are attenuated, and by how much: [FD-SKD] Eq. 8-12.
///
///     d_r(n) = 1 / (1 + e^(−T(n)))                     Eq. 9
///     T(n)   = ξ(n) · T0                               Eq. 10
///     ξ(n)   = 1 − 2n/N                                linear, Eq. 11
///     ξ(n)   = 1 − 2 / (1 + e^(−10(n/N − 1/2)))        sigmoid (ours: the paper gives no formula)
///
/// n counts epochs of the decay phase, N of them, and may be a fraction. The paper attenuates once an epoch. Where that
/// is done k times an epoch, each time by d_r(n)^(1/k) (ours): together about as much, and no step finds the network
/// far from where it left it.
package struct AttenuationSchedule: Sendable, Equatable {
  package enum Annealing: String, Sendable {
    case linear
    case sigmoid
  }

  /// N; 0 attenuates never.
  package let epochs: Int
  /// Steps of an epoch.
  package let stepsPerEpoch: Int
  private let annealing: Annealing
  private let initialTemperature: Double
  /// d_r of Table 4, the same all the time.
  private let fixedRate: Double?
  /// Epochs between attenuations, a step at least.
  private let interval: Double

  /// - Parameters:
  ///   - interval: epochs from one attenuation to the next.
  ///   - fixedRate: d_r, where it is not annealed.
  package init(
    epochs: Int, stepsPerEpoch: Int, annealing: Annealing = .linear, initialTemperature: Double = 10,
    interval: Double = 1, fixedRate: Double? = nil
  ) {
    precondition(epochs >= 0 && stepsPerEpoch > 0 && interval > 0)
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.annealing = annealing
    self.initialTemperature = initialTemperature
    self.fixedRate = fixedRate
    self.interval = max(interval, 1 / Double(stepsPerEpoch))
  }

  /// Steps of the decay phase.
  package var stepCount: Int { epochs * stepsPerEpoch }

  /// d_r(n), n in 0…N.
  package func decayRate(at n: Double) -> Double {
    if let fixedRate { return fixedRate }
    let x = n / Double(max(epochs, 1))
    let xi =
      switch annealing {
      case .linear: 1 - 2 * x
      case .sigmoid: 1 - 2 / (1 + exp(-10 * (x - 0.5)))
      }
    return 1 / (1 + exp(-xi * initialTemperature))
  }

  /// An attenuation that is due.
  package struct Event: Sendable, Equatable {
    /// d_r at this time.
    package let rate: Double
    /// What selected channels are multiplied by.
    package let factor: Double

    package init(rate: Double, factor: Double) {
      self.rate = rate
      self.factor = factor
    }
  }

  /// The attenuation after `steps` steps of the phase; nil where none is due. The last step always has one.
  package func event(afterSteps steps: Int) -> Event? {
    guard steps > 0, steps <= stepCount else { return nil }
    let (before, now) = (Double(steps - 1) / Double(stepsPerEpoch), Double(steps) / Double(stepsPerEpoch))
    // A small part of a step is allowed to the rounding of the quotients.
    let slack = 1e-9
    let isDue = (now / interval + slack).rounded(.down) > (before / interval + slack).rounded(.down)
    guard isDue || steps == stepCount else { return nil }
    let rate = decayRate(at: now)
    return Event(rate: rate, factor: pow(rate, min(interval, 1)))
  }
}
