/// Random numbers that depend on nothing but a seed and two counters, so that threads need not take turns.
///
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose state begins where its own output function puts the counters.
struct CounterRandom {
  private var state: UInt64
  private static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15

  init(seed: UInt64, epoch: Int, index: Int) {
    state = Self.mix(seed &+ Self.increment)
    absorb(epoch)
    absorb(index)
  }

  private mutating func absorb(_ counter: Int) {
    state = Self.mix(state ^ Self.mix(UInt64(bitPattern: Int64(counter)) &+ Self.increment))
  }

  mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mix(state)
  }

  /// One of 0..<bound, each as likely as the others up to bound/2⁶⁴.
  mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  private static func mix(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
