/// A shell pattern over names of layers: `*` is any text, `?` any character, `[a-z]` or `[!a-z]` one of a
/// set. A name as it stands is a pattern for itself, whatever characters it has, and so is every form of it that reports
/// print.
///
/// Slashes and dots are ordinary characters, since exporters build names from both. A backslash takes the
/// next character literally.
package struct LayerPattern: Sendable, Equatable {
  package let text: String
  /// ` (+2)` at the end, which reports put behind the name of a group that several layers make.
  private let count: String
  /// The text may be a name as reports print it: counted, escaped or shortened.
  private let isPrintedForm: Bool
  private let parts: [Part]

  private enum Part: Sendable, Equatable {
    case literal(Character)
    case anyCharacter
    case anyText
    case set([ClosedRange<Character>], isNegated: Bool)
  }

  package init(_ text: String) {
    self.text = text
    count = text.hasSuffix(")") ? text.firstMatch(of: /[ ]\(\+[0-9]+\)$/).map { String($0.output) } ?? "" : ""
    isPrintedForm = !count.isEmpty || text.contains { $0 == "\\" || $0 == "…" }
    parts = LayerPattern.parse(Array(text))
  }

  /// Whether the pattern is the name, in any form that reports print, or matches it.
  package func names(_ name: String) -> Bool {
    if text == name || matches(name) { return true }
    guard isPrintedForm else { return false }
    let title = name + count
    return text == title || text == title.printable || text == title.inTable
  }

  package func matches(_ name: String) -> Bool {
    let name = Array(name)
    var position = 0
    var part = 0
    // Where to go on when the text that the last `*` stands for has to grow by one.
    var retry: (part: Int, position: Int)?
    while position < name.count {
      if part < parts.count, parts[part] == .anyText {
        retry = (part, position)
        part += 1
      } else if part < parts.count, accepts(parts[part], name[position]) {
        part += 1
        position += 1
      } else if let (star, from) = retry {
        retry = (star, from + 1)
        part = star + 1
        position = from + 1
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { $0 == .anyText }
  }

  private func accepts(_ part: Part, _ character: Character) -> Bool {
    switch part {
    case .literal(let literal): literal == character
    case .anyCharacter: true
    case .anyText: false
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
    }
  }

  /// The pattern without its wildcards: what the user most likely had in mind.
  package var literalText: String {
    String(parts.compactMap { part in if case .literal(let character) = part { character } else { nil } })
  }

  private static func parse(_ text: [Character]) -> [Part] {
    var parts: [Part] = []
    var index = 0
    while index < text.count {
      switch text[index] {
      case "*":
        if parts.last != .anyText { parts.append(.anyText) }
      case "?": parts.append(.anyCharacter)
      case "\\" where index + 1 < text.count:
        index += 1
        parts.append(.literal(text[index]))
      case "[":
        if let (set, end) = parseSet(text, from: index) {
          parts.append(set)
          index = end
        } else {
          parts.append(.literal("["))
        }
      default: parts.append(.literal(text[index]))
      }
      index += 1
    }
    return parts
  }

  /// The set that opens at `start`, and where it closes; nil where it never does: then `[` is a character.
  private static func parseSet(_ text: [Character], from start: Int) -> (Part, Int)? {
    var index = start + 1
    let isNegated = index < text.count && (text[index] == "!" || text[index] == "^")
    if isNegated { index += 1 }
    let first = index
    guard let end = text[first...].dropFirst().firstIndex(of: "]") else { return nil }
    var ranges: [ClosedRange<Character>] = []
    while index < end {
      if index + 2 < end, text[index + 1] == "-", text[index] <= text[index + 2] {
        ranges.append(text[index]...text[index + 2])
        index += 3
      } else {
        ranges.append(text[index]...text[index])
        index += 1
      }
    }
    return (.set(ranges, isNegated: isNegated), end)
  }
}
