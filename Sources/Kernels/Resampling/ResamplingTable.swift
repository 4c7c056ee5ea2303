/// A sparse matrix that resamples one axis: which elements of the input make up each element of the output.
///
///     y[j] = Σ k  weights[k] · x[indices[k]]      k from starts[j] to starts[j + 1]
struct ResamplingTable: Equatable {
  let rowCount: Int
  let columnCount: Int
  private let starts: [Int]
  private let indices: [Int]
  private let weights: [Float]
  /// The rows, if each has one entry or two.
  private let pairs: [Pair]?
  /// Rows that look outside the input, and hold a constant instead.
  let outside: [Int]

  /// A row of two entries; one alone is two halves.
  private struct Pair: Equatable {
    let first: Int
    let second: Int
    let weight: Float
    let other: Float
  }

  private init(_ rows: [[(index: Int, weight: Float)]], columns: Int, outside: [Int] = []) {
    rowCount = rows.count
    columnCount = columns
    starts = rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    indices = rows.flatMap { $0.map(\.index) }
    weights = rows.flatMap { $0.map(\.weight) }
    self.outside = outside
    let isPaired = rows.allSatisfy { (1...2).contains($0.count) }
    pairs =
      !isPaired
      ? nil
      : rows.map { row in
        let (first, last) = (row[0], row[row.count - 1])
        let share: Float = row.count == 1 ? 0.5 : 1
        return Pair(
          first: first.index, second: last.index, weight: share * first.weight, other: share * last.weight)
      }
  }

  init(_ rule: ResizeRule, _ axis: ResizedAxis, from length: Int) {
    var outside: [Int] = []
    let rows = (0..<axis.length).map { row -> [(index: Int, weight: Float)] in
      let place = rule.place(row, axis, from: length)
      if rule.coordinates == .cropAndResize, !(place >= 0 && place <= Float(length - 1)) {
        outside.append(row)
        return []
      }
      return Self.taps(place, rule, scale: axis.scale, length)
    }
    self.init(rows, columns: length, outside: outside)
  }

  /// Elements of the input that count at a place, ascending, each once.
  private static func taps(
    _ place: Float, _ rule: ResizeRule, scale: Float, _ length: Int
  ) -> [(index: Int, weight: Float)] {
    let width = rule.isAntialiased ? 1 / Double(min(scale, 1)) : 1
    let radius: Double
    switch rule.interpolation {
    case .nearest(let rounding): return [(min(max(rounding(place), 0), length - 1), 1)]
    case .linear: radius = width
    case .cubic: radius = 2 * width
    }
    let first = Int((Double(place) - radius).rounded(.down))
    let last = Int((Double(place) + radius).rounded(.up))
    var taps: [(index: Int, weight: Double)] = []
    for neighbour in first...last {
      let isInside = (0..<length).contains(neighbour)
      if rule.excludesOutside && !isInside { continue }
      let weight = rule.interpolation.weight((Double(neighbour) - Double(place)) / width)
      if weight == 0 { continue }
      let index = min(max(neighbour, 0), length - 1)
      if let before = taps.last, before.index == index {
        taps[taps.count - 1].weight += weight
      } else {
        taps.append((index, weight))
      }
    }
    let sum = taps.reduce(0) { $0 + $1.weight }
    let divisor = (rule.isAntialiased || rule.excludesOutside) && sum != 0 ? sum : 1
    return taps.map { ($0.index, Float($0.weight / divisor)) }
  }

  var isIdentity: Bool {
    rowCount == columnCount && indices == Array(0..<rowCount) && weights.allSatisfy { $0 == 1 }
      && starts == Array(0...rowCount)
  }

  /// The adjoint: which elements of the output an element of the input went to.
  var transposed: ResamplingTable {
    var rows = [[(index: Int, weight: Float)]](repeating: [], count: columnCount)
    for row in 0..<rowCount {
      for entry in starts[row]..<starts[row + 1] { rows[indices[entry]].append((row, weights[entry])) }
    }
    return ResamplingTable(rows, columns: rowCount)
  }

  /// Resamples the middle axis of a tensor.
  ///
  /// ## Shapes    source [outer, columnCount, inner], target [outer, rowCount, inner]
  func apply(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, outer: Int, inner: Int) {
    guard outer * inner > 0 else { return }
    starts.withUnsafeBufferPointer { starts in
      indices.withUnsafeBufferPointer { indices in
        weights.withUnsafeBufferPointer { weights in
          let entries = Entries(starts: starts, indices: indices, weights: weights)
          if inner == 1, let pairs {
            applyAlong(source, target, outer, pairs)
          } else if inner == 1 {
            applyAlong(source, target, outer, entries)
          } else {
            applyAcross(source, target, outer, inner, entries)
          }
        }
      }
    }
  }

  private struct Entries {
    let starts: UnsafeBufferPointer<Int>
    let indices: UnsafeBufferPointer<Int>
    let weights: UnsafeBufferPointer<Float>
  }

  /// The axis is the last: elements of a row make up an element.
  private func applyAlong(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ outer: Int, _ entries: Entries
  ) {
    Parallel.run(outer, grain: max(1, (1 << 12) / max(rowCount, 1))) { rows in
      for row in rows {
        let (from, to) = (source + row &* columnCount, target + row &* rowCount)
        for place in 0..<rowCount {
          var entry = entries.starts[place]
          let end = entries.starts[place &+ 1]
          var sum: Float = 0
          while entry < end {
            sum += entries.weights[entry] * from[entries.indices[entry]]
            entry &+= 1
          }
          to[place] = sum
        }
      }
    }
  }

  /// The same for rows of two entries.
  private func applyAlong(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ outer: Int, _ pairs: [Pair]
  ) {
    pairs.withUnsafeBufferPointer { pairs in
      Parallel.run(outer, grain: max(1, (1 << 12) / max(rowCount, 1))) { rows in
        for row in rows {
          let (from, to) = (source + row &* columnCount, target + row &* rowCount)
          for place in 0..<rowCount {
            let pair = pairs[place]
            to[place] = pair.weight * from[pair.first] + pair.other * from[pair.second]
          }
        }
      }
    }
  }

  /// Axes follow: rows make up a row.
  private func applyAcross(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ outer: Int, _ inner: Int,
    _ entries: Entries
  ) {
    Parallel.run(outer * rowCount, grain: max(1, (1 << 13) / inner)) { rows in
      for row in rows {
        let (block, place) = row.quotientAndRemainder(dividingBy: rowCount)
        let (from, to) = (source + block &* columnCount &* inner, target + row &* inner)
        let (start, end) = (entries.starts[place], entries.starts[place &+ 1])
        if start == end {
          to.update(repeating: 0, count: inner)
          continue
        }
        let (first, weight) = (from + entries.indices[start] &* inner, entries.weights[start])
        if end == start &+ 1, weight == 1 {
          to.update(from: first, count: inner)
        } else if end == start &+ 2 {
          let second = from + entries.indices[start &+ 1] &* inner
          let other = entries.weights[start &+ 1]
          for column in 0..<inner { to[column] = weight * first[column] + other * second[column] }
        } else {
          for column in 0..<inner { to[column] = weight * first[column] }
          for entry in start &+ 1..<end {
            let (next, weight) = (from + entries.indices[entry] &* inner, entries.weights[entry])
            for column in 0..<inner { to[column] += weight * next[column] }
          }
        }
      }
    }
  }
}

extension ResizeRule.Interpolation {
  /// What a neighbour at a distance counts; the filter's own width is 1.
  func weight(_ distance: Double) -> Double {
    let d = abs(distance)
    switch self {
    case .nearest: return d == 0 ? 1 : 0
    case .linear: return max(0, 1 - d)
    case .cubic(let coefficient):
      let a = Double(coefficient)
      if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
      return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
    }
  }
}
