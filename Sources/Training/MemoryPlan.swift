/// Where buffers with known lifetimes lie in one block of memory, so that those that never live together share bytes.
///
/// Largest first, each at the lowest offset that is free for its whole life: the greedy heuristic of Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference", 2020.
struct MemoryPlan {
  /// A buffer: how large, and from which step to which it is in use, both included.
  struct Buffer {
    var byteCount: Int
    var first: Int
    var last: Int
  }

  /// Of each buffer, in bytes.
  let offsets: [Int]
  let byteCount: Int

  static let alignment = 64

  init(_ buffers: [Buffer]) {
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
