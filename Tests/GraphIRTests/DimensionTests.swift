import GraphIR
import Testing

@Suite("Lengths that may be unknown")
struct DimensionTests {
  private let batch = Dimension(symbol: "batch")
  private let height = Dimension(symbol: "height")

  @Test("products are the same in any order")
  func products() {
    #expect(batch * 2 * height == height * batch * 2)
    #expect((batch * 3 * height).description == "3·batch·height")
  }

  @Test("exact quotients undo products; others are not known")
  func quotients() {
    #expect((batch * 12).divided(exactlyBy: 4) == batch * 3)
    #expect((batch * height).divided(exactlyBy: height) == batch)
    #expect((batch * 12).divided(exactlyBy: 5) == nil)
    #expect(batch.divided(exactlyBy: height) == nil)
    #expect(Dimension(12).divided(exactlyBy: 0) == nil)
  }

  @Test("sums of like terms stay terms; others become unknowns that equal computations share")
  func sums() {
    #expect(batch + batch == batch * 2)
    #expect(batch - batch == 0)
    #expect(batch + 0 == batch)
    #expect(batch + height == batch + height)
    #expect(batch + height != batch + 1)
    #expect((batch + 1).known == nil)
  }

  @Test("names of derived lengths do not grow with depth")
  func derivedNamesStayShort() {
    var length = height
    for _ in 0..<50 { length = .derived("conv", length, parameters: [3, 2, 1, 1]) }
    #expect(length.symbols[0].utf8.count < 64)
  }

  @Test("overflow gives an unknown instead of a trap")
  func overflow() { #expect((Dimension(.max) * 2).known == nil) }
}
