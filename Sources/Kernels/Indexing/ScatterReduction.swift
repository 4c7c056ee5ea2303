/// How what is scattered meets what is there already.
package enum ScatterReduction: Sendable {
  /// It takes its place; of several for one place, the last.
  case replace
  case add
  case multiply
  case maximum
  case minimum
}

/// Elements that ``ScatterReduction`` works on.
protocol ScatterElement: BitwiseCopyable, Comparable {
  static func + (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
}

extension Float: ScatterElement {}

/// Integers overflow as in C: the low bits stay.
struct WrappingInteger: ScatterElement {
  let value: Int64

  static func + (a: Self, b: Self) -> Self { Self(value: a.value &+ b.value) }
  static func * (a: Self, b: Self) -> Self { Self(value: a.value &* b.value) }
  static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

extension ScatterReduction {
  /// What becomes of `count` elements.
  @inline(__always)
  func reduce<Element: ScatterElement>(
    _ from: UnsafePointer<Element>, into to: UnsafeMutablePointer<Element>, _ count: Int
  ) {
    switch self {
    case .replace: for place in 0..<count { to[place] = from[place] }
    case .add: for place in 0..<count { to[place] = to[place] + from[place] }
    case .multiply: for place in 0..<count { to[place] = to[place] * from[place] }
    case .maximum: for place in 0..<count { to[place] = max(to[place], from[place]) }
    case .minimum: for place in 0..<count { to[place] = min(to[place], from[place]) }
    }
  }
}
