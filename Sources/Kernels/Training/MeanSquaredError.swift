/// The mean squared difference of two tensors: how outputs that are no class scores follow the teacher's (ours).
///
///     L = Σ i (s[i] − t[i])² / n        dL/ds[i] = 2 (s[i] − t[i]) / n
///
/// ## Shapes    s, t and the gradient alike, n elements each
package enum MeanSquaredError {
  /// - Parameter weight: the gradient is multiplied by it.
  package static func evaluate(
    _ student: UnsafePointer<Float>, _ teacher: UnsafePointer<Float>, count: Int,
    gradient: UnsafeMutablePointer<Float>?, weight: Double
  ) -> Double {
    var sum = 0.0
    let factor = Float(2 * weight / Double(count))
    for index in 0..<count {
      let difference = student[index] - teacher[index]
      sum += Double(difference) * Double(difference)
      guard let gradient else { continue }
      gradient[index] = factor * difference
    }
    return sum / Double(count)
  }
}
