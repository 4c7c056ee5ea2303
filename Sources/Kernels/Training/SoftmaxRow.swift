#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The softmax of one row of logits at a temperature, in Double.
///
///     p[k] = e^(x[k]/t) / Σ j e^(x[j]/t)      ln p[k] = x[k]/t − ln Σ
///
/// The largest logit is subtracted first, so that no power overflows.
struct SoftmaxRow {
  private let logits: UnsafePointer<Float>
  private let count: Int
  private let factor: Double
  /// max x/t + ln Σ e^(x/t − max x/t)
  private let logSum: Double

  @inline(__always)
  init(_ logits: UnsafePointer<Float>, _ count: Int, temperature: Double) {
    self.logits = logits
    self.count = count
    factor = 1 / temperature
    var largest = -Double.infinity
    for index in 0..<count { largest = max(largest, Double(logits[index])) }
    largest *= factor
    var sum = 0.0
    for index in 0..<count { sum += exp(Double(logits[index]) * factor - largest) }
    logSum = largest + log(sum)
  }

  @inline(__always)
  func logProbability(_ index: Int) -> Double { Double(logits[index]) * factor - logSum }

  @inline(__always)
  func probability(_ index: Int) -> Double { exp(logProbability(index)) }
}
