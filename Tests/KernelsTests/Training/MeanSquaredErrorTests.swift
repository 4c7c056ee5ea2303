import Kernels
import Testing

@Suite("Mean squared error")
struct MeanSquaredErrorTests {
  @Test("is the mean of the squares, its gradient 2/n times the difference, times a weight")
  func value() {
    let (student, teacher): ([Float], [Float]) = ([1, 2, 3, 5], [1, 0, 3.5, 4])
    var gradient: [Float] = [9, 9, 9, 9]
    let loss = MeanSquaredError.evaluate(student, teacher, count: 4, gradient: &gradient, weight: 0.5)
    #expect(loss == 1.3125)
    #expect(gradient == [0, 0.5, -0.125, 0.25])
  }
}
