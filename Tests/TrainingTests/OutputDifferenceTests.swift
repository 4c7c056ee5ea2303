import Testing
import Training

@Suite("The difference of two outputs")
struct OutputDifferenceTests {
  private func difference(
    _ expected: [Double], _ found: [Double], relative: Double = 1e-4, absolute: Double = 0
  ) -> OutputDifference {
    OutputDifference(
      "y", expected: expected, found: found, Tolerance(relative: relative, absolute: absolute))
  }

  private func difference(_ expected: [Int64], _ found: [Int64], relative: Double = 1e-4) -> OutputDifference
  {
    OutputDifference("y", expected: expected, found: found, Tolerance(relative: relative))
  }

  @Test("is measured against the largest magnitude that was expected, not element by element")
  func relative() {
    let near = difference([-100, 1e-3], [-100, 5e-3])
    #expect(near.isEqual)
    #expect(abs(near.maxRelative - 4e-5) < 1e-12 && near.largest == 100)
    let far = difference([-100, 1], [-100, 1.5])
    #expect(far.first?.index == 1)
    #expect(far.reason == "element 1 is 1.5, expected 1.0")
  }

  @Test("may be as large as the absolute tolerance where everything is small")
  func absolute() {
    #expect(difference([1e-9], [2e-9], absolute: 1e-6).isEqual)
    #expect(!difference([1e-9], [2e-9]).isEqual)
    #expect(!difference([0], [1e-30]).isEqual)
  }

  @Test(
    "of numbers that are none is none only where both are the same",
    arguments: [
      (Double.nan, Double.nan, true), (.infinity, .infinity, true), (.infinity, -.infinity, false),
      (.nan, 1, false), (1, .nan, false), (.infinity, 1, false), (1, .infinity, false), (0, -0.0, true),
    ])
  func notFinite(expected: Double, found: Double, isEqual: Bool) {
    let result = difference([expected, 1000], [found, 1000], relative: 0.5)
    #expect(result.isEqual == isEqual)
    #expect(isEqual == (result.maxAbsolute == 0))
  }

  @Test("of integers is any other number, however near")
  func integers() {
    #expect(difference([1000, 2, .max], [1000, 2, .max]).isEqual)
    let one = difference([1000, 2], [1001, 2])
    #expect(one.reason == "element 0 is 1001.0, expected 1000.0")
    #expect(one.maxAbsolute == 1)
  }

  @Test("of many integers leaves out as many as rounding decides about")
  func manyIntegers() {
    let expected = [Int64](repeating: 7, count: 20_000)
    var found = expected
    for index in 0..<2 { found[index * 5000] = 3 }
    #expect(difference(expected, found).isEqual)
    found[9] = 3
    #expect(difference(expected, found).first?.index == 0)
  }

  @Test("of other lengths is told as such")
  func lengths() {
    #expect(difference([1, 2], [1]).reason == "has 1 elements, expected 2")
    #expect(difference([Int64](), [1]).reason == "has 1 elements, expected 0")
  }
}
