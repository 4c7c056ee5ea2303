import Kernels
import Testing

@Suite("Sums over the slices of an axis")
struct SlotNormsTests {
  /// [2, 3, 5], 0 to 29 with every other sign turned.
  private let values = (0..<30).map { Float($0 % 2 == 0 ? $0 : -$0) }

  @Test(
    "agree with a plain loop",
    arguments: [(1, 6, 5), (2, 3, 5), (6, 5, 1), (1, 1, 30), (30, 1, 1), (3, 1, 10)])
  func agreesWithPlainLoop(outer: Int, count: Int, inner: Int) {
    var magnitudes = [Double](repeating: 0, count: count)
    var squares = magnitudes
    for (index, value) in values.enumerated() {
      magnitudes[index / inner % count] += Double(abs(value))
      squares[index / inner % count] += Double(value) * Double(value)
    }
    values.withUnsafeBytes { bytes in
      #expect(
        SlotNorms.magnitudes(floats: bytes, outer: outer, count: count, inner: inner) == magnitudes)
      #expect(SlotNorms.squares(floats: bytes, outer: outer, count: count, inner: inner) == squares)
    }
  }

  @Test("read weights at any alignment, as files have them")
  func readsUnaligned() {
    let shifted: [UInt8] = [0] + values.withUnsafeBytes { Array($0) }
    shifted.withUnsafeBytes { bytes in
      let body = UnsafeRawBufferPointer(rebasing: bytes[1...])
      let sums = SlotNorms.magnitudes(floats: body, outer: 1, count: 1, inner: 30)
      #expect(sums == [435])
    }
  }
}
