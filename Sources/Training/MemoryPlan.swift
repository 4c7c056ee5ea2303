/// Where buffers with known lifetimes lie in one block of memory, so that those that never live together share bytes.
///
/// Largest first, each at the lowest offset that is free for its whole life: the greedy heuristic of Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference", 2020.
package struct MemoryPlan {
  /// A buffer: how large, and from which step to which it is in use, both included.
  package struct Buffer: Sendable {
    package var byteCount: Int
    package var first: Int
    package var last: Int

    package init(byteCount: Int, first: Int, last: Int) {
      self.byteCount = byteCount
      self.first = first
      self.last = last
    }
  }

  /// Of each buffer, in bytes.
  package let offsets: [Int]
  package let byteCount: Int

  package static let alignment = 64

  package init(_ buffers: [Buffer]) {
    var offsets = [Int](repeating: 0, count: buffers.count)
    var placed: [Int] = []  // by offset
    var end = 0
    let order = buffers.indices.sorted {
      (buffers[$1].byteCount, $0) < (buffers[$0].byteCount, $1)
    }
    for index in order where buffers[index].byteCount > 0 {
      let buffer = buffers[index]
      let size = (buffer.byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
      var offset = 0
      for other in placed where buffers[other].first <= buffer.last && buffer.first <= buffers[other].last {
        if offsets[other] >= offset + size { break }
        let otherSize = (buffers[other].byteCount + Self.alignment - 1) & ~(Self.alignment - 1)
        offset = max(offset, offsets[other] + otherSize)
      }
      offsets[index] = offset
      end = max(end, offset + size)
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    self.offsets = offsets
    byteCount = end
  }
}
