/// The length of an axis, or an integer that a graph computes from lengths: a coefficient times named unknowns.
///
/// `4`, `batch`, `2·batch·height`. Products and exact quotients stay in this form; any other arithmetic gives a new
/// unknown whose name is the expression, so that two computations of the same thing are equal.
package struct Dimension: Hashable, Sendable {
  package let coefficient: Int
  /// Sorted; empty where the value is known.
  package let symbols: [String]

  package init(_ value: Int) {
    coefficient = value
    symbols = []
  }

  package init(symbol: String) {
    coefficient = 1
    symbols = [symbol]
  }

  /// No length is a product of more unknowns; a shape that is squared again and again has twice as many every time.
  private static let symbolLimit = 16

  private init(coefficient: Int, symbols: [String]) {
    self.coefficient = coefficient
    self.symbols = coefficient == 0 ? [] : symbols
  }

  /// The number, where it is known.
  package var known: Int? { symbols.isEmpty ? coefficient : nil }

  /// How many kinds of position an axis of this length has: each its own where the length is known; position i of an
  /// axis of length 12·batch is of kind i mod 12. Nil where nothing tells positions apart.
  package var period: Int? { symbols.isEmpty || coefficient > 1 ? coefficient : nil }

  /// The length of an axis of this length after all but `count` of its kinds of position are gone.
  package func keeping(_ count: Int) -> Dimension { Dimension(coefficient: count, symbols: symbols) }

  /// An unknown named after how it was computed; long names are cut to a digest, so that they do not grow with depth.
  package static func derived(_ operation: String, _ arguments: Dimension..., parameters: [Int] = [])
    -> Dimension
  {
    let text =
      "\(operation)(\((arguments.map(\.description) + parameters.map(String.init)).joined(separator: ",")))"
    guard text.utf8.count > 48 else { return Dimension(symbol: text) }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a: any fixed hash serves
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Dimension(symbol: "\(operation)#\(String(hash, radix: 16))")
  }

  package static func * (a: Dimension, b: Dimension) -> Dimension {
    let (product, overflow) = a.coefficient.multipliedReportingOverflow(by: b.coefficient)
    guard !overflow, a.symbols.count + b.symbols.count <= symbolLimit else { return .derived("mul", a, b) }
    return Dimension(coefficient: product, symbols: (a.symbols + b.symbols).sorted())
  }

  package static func + (a: Dimension, b: Dimension) -> Dimension {
    if a.coefficient == 0 { return b }
    if b.coefficient == 0 { return a }
    guard a.symbols == b.symbols else { return .derived("add", a, b) }
    let (sum, overflow) = a.coefficient.addingReportingOverflow(b.coefficient)
    return overflow ? .derived("add", a, b) : Dimension(coefficient: sum, symbols: a.symbols)
  }

  package static func - (a: Dimension, b: Dimension) -> Dimension {
    b.coefficient == .min
      ? .derived("sub", a, b) : a + Dimension(coefficient: -b.coefficient, symbols: b.symbols)
  }

  /// The quotient, where the division is known to leave no rest; nil elsewhere.
  package func divided(exactlyBy divisor: Dimension) -> Dimension? {
    guard divisor.coefficient > 0, coefficient % divisor.coefficient == 0 else { return nil }
    var rest = symbols
    for symbol in divisor.symbols {
      guard let index = rest.firstIndex(of: symbol) else { return nil }
      rest.remove(at: index)
    }
    return Dimension(coefficient: coefficient / divisor.coefficient, symbols: rest)
  }
}

extension Dimension: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self.init(value) }
}

extension Dimension: CustomStringConvertible {
  package var description: String {
    if symbols.isEmpty { return String(coefficient) }
    let product = symbols.joined(separator: "·")
    return coefficient == 1 ? product : "\(coefficient)·\(product)"
  }
}
