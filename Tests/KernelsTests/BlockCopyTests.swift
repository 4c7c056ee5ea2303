import Kernels
import Testing

@Suite("Copies that leave slots out")
struct BlockCopyTests {
  /// [2, 3, 4] of bytes 0 to 23.
  private let source = (0..<24).map { UInt8($0) }

  @Test(
    "keep what is asked for, in order",
    arguments: [
      ([nil, nil, nil], Array(0..<24)),
      ([[1], nil, nil], Array(12..<24)),
      ([nil, [0, 2], nil], [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23]),
      ([nil, nil, [3]], [3, 7, 11, 15, 19, 23]),
      ([[0], [1, 2], [0, 1, 3]], [4, 5, 7, 8, 9, 11]),
    ] as [([[Int]?], [Int])])
  func keeps(keep: [[Int]?], expected: [Int]) {
    var target = [UInt8](repeating: 0xff, count: expected.count)
    source.withUnsafeBytes { source in
      target.withUnsafeMutableBytes {
        BlockCopy.select(source, dims: [2, 3, 4], stride: 1, keep: keep, into: $0)
      }
    }
    #expect(target == expected.map { UInt8($0) })
  }

  @Test("move whole elements")
  func movesElements() {
    let source: [UInt32] = [1, 2, 3, 4, 5, 6]
    var target: [UInt32] = [0, 0]
    source.withUnsafeBytes { source in
      target.withUnsafeMutableBytes {
        BlockCopy.select(source, dims: [2, 3], stride: 4, keep: [nil, [1]], into: $0)
      }
    }
    #expect(target == [2, 5])
  }

  @Test("a scalar is copied whole")
  func scalar() {
    var target: [UInt8] = [0]
    source.withUnsafeBytes { source in
      let scalar = UnsafeRawBufferPointer(rebasing: source[7..<8])
      target.withUnsafeMutableBytes { BlockCopy.select(scalar, dims: [], stride: 1, keep: [], into: $0) }
    }
    #expect(target == [7])
  }
}
