extension CountText {
  /// A number to so many significant digits: `0.4123`, `12.35`, `1.23e-05`.
  package static func significant(_ value: Double, digits: Int = 4) -> String {
    let size = value.magnitude
    guard size.isFinite, size > 0 else { return size == 0 ? "0" : "\(value)" }
    // One above the exponent of the first digit: of 12.3, two digits stand before the point.
    var whole = 1
    var power = 10.0
    while power <= size, power < 1e15 {
      power *= 10
      whole += 1
    }
    var first = 1.0
    // Divisions are not exact; of 0.00001 the first digit is the fifth.
    while first > size * (1 + 1e-12), first > 1e-300 {
      first /= 10
      whole -= 1
    }
    if whole <= -4 {
      let exponent = "\(1 - whole)"
      return "\(fixed(value / first, digits: digits - 1))e-\(exponent.count < 2 ? "0" : "")\(exponent)"
    }
    return fixed(value, digits: max(0, digits - whole))
  }

  /// The same without zeros at the end: `0.01`.
  package static func trimmed(_ value: Double, digits: Int = 4) -> String {
    var text = significant(value, digits: digits)
    guard text.contains("."), !text.contains("e") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A longer time, to two units: `42 s`, `2 min 14 s`, `1 h 5 min`, `3 d 4 h`.
  package static func span(inSeconds seconds: Double) -> String {
    guard seconds >= 0, seconds < 1e12 else { return "?" }
    let total = Int(seconds.rounded())
    switch total {
    case ..<60: return "\(total) s"
    case ..<3600: return "\(total / 60) min \(total % 60) s"
    case ..<86_400: return "\(total / 3600) h \(total / 60 % 60) min"
    default: return "\(full(total / 86_400)) d \(total / 3600 % 24) h"
    }
  }
}
