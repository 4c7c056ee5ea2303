/// Union-find over `0..<count`: which slots live and die together.
struct DisjointSets {
  private var parents: [Int32]

  init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

  /// The smallest member of the set that holds `slot`, so that results do not depend on the order of unions.
  mutating func root(_ slot: Int32) -> Int32 {
    parents.withUnsafeMutableBufferPointer { parents in
      var current = slot
      while parents[Int(current)] != current {
        let next = parents[Int(parents[Int(current)])]
        parents[Int(current)] = next
        current = next
      }
      return current
    }
  }

  mutating func unite(_ a: Int32, _ b: Int32) {
    let (rootA, rootB) = (root(a), root(b))
    if rootA < rootB { parents[Int(rootB)] = rootA } else { parents[Int(rootA)] = rootB }
  }
}
