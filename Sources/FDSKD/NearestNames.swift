/// Suggestions for a name that does not exist.
package enum NearestNames {
  /// Up to `limit` of `names` that look most like `name`, the best first; none where nothing is close.
  ///
  /// Names that contain the wanted one, or a part of it, come first; the others by edit distance.
  package static func suggestions(for name: String, among names: [String], limit: Int = 3) -> [String] {
    let wanted = Array(name.lowercased())
    guard !wanted.isEmpty else { return Array(names.prefix(limit)) }
    let ranked = names.enumerated().compactMap { position, candidate -> (cost: Int, position: Int)? in
      let lowered = candidate.lowercased()
      if lowered == name.lowercased() { return (0, position) }
      if lowered.contains(name.lowercased()) { return (1 + lowered.count - wanted.count, position) }
      let distance = editDistance(wanted, Array(lowered))
      guard distance <= max(2, max(wanted.count, lowered.count) / 2) else { return nil }
      return (100 + distance, position)
    }
    return ranked.sorted { ($0.cost, $0.position) < ($1.cost, $1.position) }.prefix(limit).map {
      names[$0.position]
    }
  }

  /// `did you mean 'a', 'b'?`, or nil where nothing is close.
  package static func hint(for name: String, among names: [String]) -> String? {
    let suggestions = suggestions(for: name, among: names)
    guard !suggestions.isEmpty else { return nil }
    return "did you mean \(suggestions.map { "'\($0)'" }.joined(separator: ", "))?"
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
  package static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      row.reserveCapacity(b.count + 1)
      for j in 1...b.count {
        let isSame = a[i - 1] == b[j - 1]
        var best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          best = min(best, beforeLast[j - 2] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
