import FDSKD
import Platform
import SystemPackage
import Yams

/// `--config FILE`: settings under the names of the long flags, in YAML or JSON.
package enum ConfigurationFile {
  private static let largest = 1 << 20

  /// - Throws: `bad-config` naming the file, the line and what is nearest to a key that is not known.
  static func read(_ path: String) throws -> Settings {
    let bytes: [UInt8]
    do { bytes = try WholeFile.read(FilePath(path), atMost: largest) } catch is WholeFile.TooLarge {
      throw Diagnostic.usage("bad-config", "has more than \(largest) bytes", file: path)
    } catch { throw Diagnostic.usage("bad-config", "cannot be read: \(error)", file: path) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Diagnostic.usage("bad-config", "is not UTF-8 text", file: path)
    }
    return try parse(text, file: path)
  }

  package static func parse(_ text: String, file: String) throws -> Settings {
    func fail(_ message: String, line: Int? = nil, hint: String? = nil) -> Diagnostic {
      .usage("bad-config", message, hint: hint, file: line.map { "\(file):\($0)" } ?? file)
    }
    // Names for parts of a file allow small files that stand for huge ones, and settings need none.
    if let line = lineOfAnchor(in: text) {
      throw fail(
        "anchors and aliases are not allowed", line: line, hint: "quote a value that begins with & or *")
    }
    let root: Node?
    do { root = try Parser(yaml: text).singleRoot() } catch let error as YamlError {
      throw fail(error.summary, line: error.lineOfSecondKey(in: text) ?? error.line, hint: error.hint)
    }
    guard let root else { return Settings() }
    guard let mapping = root.mapping else {
      throw fail("has to be a list of 'key: value'", line: root.mark?.line, hint: "rate: 0.3")
    }
    var settings = Settings()
    var seen: Set<SettingKey> = []
    for (keyNode, value) in mapping {
      let line = keyNode.mark?.line
      guard let name = keyNode.scalar?.string else { throw fail("has a key that is not text", line: line) }
      guard let (key, isNegated) = lookUp(name) else {
        throw fail(
          "'\(name)' is not a setting", line: line,
          hint: NearestNames.hint(for: name, among: SettingKey.configurationKeys))
      }
      guard seen.insert(key).inserted else { throw fail("'\(key.rawValue)' is set twice", line: line) }
      do { try set(key, isNegated, value, &settings) } catch let error as WrongType {
        throw fail(
          "'\(name)' has to be \(error.expected), and is \(value.kindName)", line: value.mark?.line ?? line)
      }
      do { try settings.checkValue(of: key) } catch let error as Diagnostic {
        throw error.in(file: line.map { "\(file):\($0)" } ?? file)
      }
    }
    return settings
  }

  /// The settings in effect, as a file that ``read(_:)`` takes.
  package static func text(of settings: Settings) -> String {
    var lines: [String] = []
    for key in SettingKey.allCases where key.isSaved {
      switch key.kind {
      case .texts:
        let values = settings[list: key]
        if values.isEmpty { continue }
        lines.append("\(key.rawValue):")
        lines += values.map { "  - \(quoted($0))" }
      case .text, .amount, .numbers:
        if let value = settings[key] { lines.append("\(key.rawValue): \(quoted(value))") }
      case .number, .integer, .boolean:
        if let value = settings[key] { lines.append("\(key.rawValue): \(value)") }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private struct WrongType: Error { let expected: String }

  private static func lookUp(_ name: String) -> (SettingKey, isNegated: Bool)? {
    if let key = SettingKey(rawValue: name) { return (key, false) }
    guard name.hasPrefix("no-"), let key = SettingKey(rawValue: String(name.dropFirst(3))),
      key.kind == .boolean
    else { return nil }
    return (key, true)
  }

  private static func set(
    _ key: SettingKey, _ isNegated: Bool, _ value: Node, _ settings: inout Settings
  ) throws {
    func scalar(_ node: Node, _ tags: Set<Tag.Name>, _ expected: String) throws -> String {
      guard let scalar = node.scalar, tags.contains(node.tagName) else { throw WrongType(expected: expected) }
      return scalar.string
    }
    switch key.kind {
    case .number: settings[key] = try scalar(value, [.float, .int], "a number")
    case .integer: settings[key] = try scalar(value, [.int], "a whole number")
    case .amount: settings[key] = try scalar(value, [.float, .int, .str], "a number or a text like 600M")
    case .text: settings[key] = try scalar(value, [.str], "a text")
    case .numbers:
      let expected = "a number, or a list of numbers"
      settings[key] =
        try value.sequence?.map { try scalar($0, [.float, .int], expected) }.joined(separator: ",")
        ?? scalar(value, [.float, .int, .str], expected)
    case .boolean:
      let text = try scalar(value, [.bool], "true or false")
      guard let isOn = Bool(text.lowercased()) else { throw WrongType(expected: "true or false") }
      settings[isOn: key] = isOn != isNegated
    case .texts:
      let items = value.sequence.map(Array.init) ?? [value]
      settings[list: key] = try items.map { try scalar($0, [.str], "a text, or a list of texts") }
    }
  }

  /// The first line with what could be a YAML anchor; quotes are not looked at, rather one too many than one
  /// too few.
  private static func lineOfAnchor(in text: String) -> Int? {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var previous: Character = " "
      for character in line {
        if character == "&", previous.isWhitespace || "[{,:-?".contains(previous) { return index + 1 }
        previous = character
      }
    }
    return nil
  }

  /// A double-quoted scalar, the same in YAML and JSON.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Node {
  fileprivate var tagName: Tag.Name { Tag.Name(rawValue: tag.description) }

  fileprivate var kindName: String {
    switch self {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      switch tagName {
      case .null: "empty"
      case .str: "the text '\(scalar.string)'"
      default: "'\(scalar.string)'"
      }
    }
  }
}

extension YamlError {
  fileprivate var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  /// Of a key that is set twice only the first line is known to the parser.
  fileprivate func lineOfSecondKey(in text: String) -> Int? {
    guard case .duplicatedKeysInMapping(let keys, _) = self, let key = keys.first else { return nil }
    let begins = ["\(key):", "\"\(key)\":", "'\(key)':"]
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
      begins.contains { line.drop(while: \.isWhitespace).hasPrefix($0) }
    }
    return lines.dropFirst().first.map { $0.offset + 1 }
  }

  fileprivate var summary: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _),
      .reader(let problem, _, _, _):
      "is neither YAML nor JSON: \(problem)"
    case .duplicatedKeysInMapping(let keys, _): "'\(keys.first ?? "")' is set twice"
    default: "is neither YAML nor JSON"
    }
  }

  fileprivate var hint: String? {
    switch self {
    case .composer: "quote a pattern that begins with *"
    case .scanner(_, let problem, _, _) where problem.contains("alphabetic or numeric"):
      "quote a pattern that begins with *"
    default: nil
    }
  }
}
