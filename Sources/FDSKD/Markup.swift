/// HTML that is safe to put into a page: literals are markup, and every interpolated string is escaped.
///
/// ```swift
/// let cell: Markup = "<td>\(layer.name)</td>"      // a name with `<` in it stays a name
/// ```
struct Markup: Sendable, ExpressibleByStringInterpolation {
  private(set) var source: String

  init(stringLiteral value: String) { source = value }
  init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

  static func += (a: inout Markup, b: Markup) { a.source += b.source }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      source.reserveCapacity(literalCapacity + interpolationCount * 16)
    }

    mutating func appendLiteral(_ literal: String) { source += literal }
    mutating func appendInterpolation(_ markup: Markup) { source += markup.source }
    mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { source += part.source } }
    mutating func appendInterpolation(_ count: Int) { source += "\(count)" }

    /// A coordinate, to a hundredth.
    mutating func appendInterpolation(_ coordinate: Double) {
      var text = CountText.fixed(coordinate, digits: 2)
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
      source += text
    }

    mutating func appendInterpolation(_ text: String) {
      for scalar in text.unicodeScalars {
        switch scalar {
        case "&": source += "&amp;"
        case "<": source += "&lt;"
        case ">": source += "&gt;"
        case "\"": source += "&quot;"
        case "'": source += "&#39;"
        case "\n", "\t": source.unicodeScalars.append(scalar)
        case _ where scalar.properties.generalCategory == .control: source += "\u{FFFD}"
        default: source.unicodeScalars.append(scalar)
        }
      }
    }
  }
}
