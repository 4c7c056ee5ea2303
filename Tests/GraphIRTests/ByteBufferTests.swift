import GraphIR
import Testing

@Suite("Byte buffer")
struct ByteBufferTests {
  private struct Unreadable: Error {}

  @Test("hands on what its filler throws, and frees its memory once", arguments: [0, 1, 5 << 20])
  func failingFiller(count: Int) {
    // Freed twice, the process would end.
    for _ in 0..<3 {
      #expect(throws: Unreadable.self) { try ByteBuffer(count: count) { _ in throw Unreadable() } }
    }
  }

  @Test("holds what was written to it")
  func content() throws {
    let buffer = try ByteBuffer(count: 3) { $0.copyBytes(from: [7, 8, 9]) }
    #expect(Array(buffer.pointer) == [7, 8, 9])
  }
}
