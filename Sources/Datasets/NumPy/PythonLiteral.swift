/// The few forms of a Python literal that an `.npy` header has.
struct PythonLiteral {
  enum Value {
    case text(String)
    case boolean(Bool)
    case tuple([Int])
    /// Brackets, which describe records; what is in them is passed over.
    case list
  }

  private var rest: ArraySlice<UInt8>

  /// The dictionary that is all of the text; nil for anything else.
  static func dictionary(_ text: [UInt8]) -> [String: Value]? {
    var literal = PythonLiteral(rest: text[...])
    guard let entries = literal.dictionary() else { return nil }
    literal.skipSpace()
    return literal.rest.isEmpty ? entries : nil
  }

  private mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var entries: [String: Value] = [:]
    while !take("}") {
      guard let key = text(), take(":"), let value = value(),
        entries.updateValue(value, forKey: key) == nil
      else { return nil }
      if !take(",") { return take("}") ? entries : nil }
    }
    return entries
  }

  private mutating func value() -> Value? {
    if let text = text() { return .text(text) }
    if word("True") { return .boolean(true) }
    if word("False") { return .boolean(false) }
    if take("[") { return list() }
    return tuple().map { .tuple($0) }
  }

  /// What follows an opening bracket, up to its own closing one.
  private mutating func list() -> Value? {
    var depth = 1
    while depth > 0 {
      skipSpace()
      if text() != nil { continue }
      guard let character = rest.popFirst() else { return nil }
      if character == UInt8(ascii: "[") { depth += 1 }
      if character == UInt8(ascii: "]") { depth -= 1 }
    }
    return .list
  }

  private mutating func text() -> String? {
    skipSpace()
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let end = rest.dropFirst().firstIndex(of: quote)
    else { return nil }
    defer { rest = rest[(end + 1)...] }
    return String(validating: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
  }

  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var numbers: [Int] = []
    while !take(")") {
      skipSpace()
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      numbers.append(number)
      rest = rest[digits.endIndex...]
      if !take(",") { return take(")") ? numbers : nil }
    }
    return numbers
  }

  private mutating func word(_ word: String) -> Bool {
    skipSpace()
    guard rest.starts(with: word.utf8) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }
}
