import Testing
import Training

@Suite("Memory plans")
struct MemoryPlanTests {
  /// Buffers of random sizes and lifetimes, from a small generator.
  private func buffers(_ count: Int, seed: UInt64) -> [MemoryPlan.Buffer] {
    var state = seed
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    return (0..<count).map { _ in
      let first = next(50)
      return MemoryPlan.Buffer(byteCount: next(1000), first: first, last: first + next(20))
    }
  }

  @Test("buffers that live together never share a byte", arguments: [1, 2, 3, 4, 5])
  func livingBuffersAreApart(seed: UInt64) {
    let buffers = buffers(200, seed: seed)
    let plan = MemoryPlan(buffers)
    for a in buffers.indices {
      #expect(plan.offsets[a] + buffers[a].byteCount <= plan.byteCount)
      for b in buffers.indices where b > a {
        guard buffers[a].first <= buffers[b].last, buffers[b].first <= buffers[a].last else { continue }
        let isApart =
          plan.offsets[a] + buffers[a].byteCount <= plan.offsets[b]
          || plan.offsets[b] + buffers[b].byteCount <= plan.offsets[a]
        #expect(isApart || buffers[a].byteCount == 0 || buffers[b].byteCount == 0)
      }
    }
  }

  @Test("memory is used again after a life ends")
  func memoryIsUsedAgain() {
    let plan = MemoryPlan((0..<10).map { MemoryPlan.Buffer(byteCount: 6400, first: $0, last: $0) })
    #expect(plan.byteCount == 6400)
  }

  @Test("every buffer begins on a cache line")
  func alignment() {
    #expect(MemoryPlan(buffers(100, seed: 9)).offsets.allSatisfy { $0 % MemoryPlan.alignment == 0 })
  }
}
