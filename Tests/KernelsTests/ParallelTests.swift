import Kernels
import Testing

@Suite("Loops on threads", .serialized)
struct ParallelTests {
  @Test("Every index is visited exactly once", arguments: [1, 2, 3, 5], [1, 2, 7, 64, 1000])
  func everyIndex(threads: Int, grain: Int) {
    Parallel.setThreads(threads)
    defer { Parallel.setThreads(1) }
    #expect(Parallel.threadCount == threads)
    for count in [0, 1, 2, 3, 6, 7, 8, 63, 64, 65, 129, 1000] {
      #expect(visits(count, grain: grain) == [Int](repeating: 1, count: count))
    }
  }

  @Test("A grain of 0 is one of 1")
  func noGrain() {
    Parallel.setThreads(2)
    defer { Parallel.setThreads(1) }
    #expect(visits(5, grain: 0) == [1, 1, 1, 1, 1])
  }

  @Test("A range is at least a grain long where there are several")
  func grains() {
    Parallel.setThreads(4)
    defer { Parallel.setThreads(1) }
    for (count, grain) in [(10, 3), (7, 4), (8, 4), (100, 9), (11, 10)] {
      let lengths = ranges(count, grain: grain).map(\.count)
      #expect(lengths.count == 1 || lengths.allSatisfy { $0 >= grain }, "\(count) by \(grain): \(lengths)")
      #expect(lengths.count == max(1, min(4, count / grain)))
    }
  }

  @Test("The ranges depend on the number of threads and on nothing else")
  func sameRanges() {
    Parallel.setThreads(3)
    defer { Parallel.setThreads(1) }
    let first = ranges(100, grain: 5)
    for _ in 1...20 { #expect(ranges(100, grain: 5) == first) }
  }

  @Test("A loop in a loop visits every index too, and none where there is none", arguments: [0, 1, 5, 100])
  func nested(inner: Int) {
    Parallel.setThreads(2)
    defer { Parallel.setThreads(1) }
    let counts = Counters(8 * inner)
    Parallel.run(8, grain: 1) { outer in
      for row in outer {
        Parallel.run(inner, grain: 1) { columns in
          for column in columns { counts.values[row * inner + column] += 1 }
        }
      }
    }
    #expect(Array(counts.values) == [Int](repeating: 1, count: 8 * inner))
  }

  private func visits(_ count: Int, grain: Int) -> [Int] {
    let counts = Counters(count)
    Parallel.run(count, grain: grain) { range in for index in range { counts.values[index] += 1 } }
    return Array(counts.values)
  }

  /// The ranges in order, told by where each begins.
  private func ranges(_ count: Int, grain: Int) -> [Range<Int>] {
    let ends = Counters(count)
    Parallel.run(count, grain: grain) { ends.values[$0.lowerBound] = $0.upperBound }
    return ends.values.indices.filter { ends.values[$0] > 0 }.map { $0..<ends.values[$0] }
  }

  /// Each number is touched by one thread.
  private final class Counters {
    let values: UnsafeMutableBufferPointer<Int>

    init(_ count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }
  }
}
