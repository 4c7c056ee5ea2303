import FoundationEssentials
import GraphIR

/// Reports and plans as text that a person can read and a version control system can compare.
///
/// Keys are sorted, doubles have the fewest digits that read back as the same number, and a list of numbers
/// stays on one line.
package enum JSONText {
  /// - Throws: `not-a-number` where a value has no form in JSON.
  package static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return layOut(Array(try encoder.encode(value)))
    } catch EncodingError.invalidValue(let value, let context) {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw CompileError("not-a-number", "\(path) is \(value), which JSON cannot express", exit: .internal)
    }
  }

  /// Breaks lines and indents compact JSON.
  private static func layOut(_ compact: [UInt8]) -> String {
    var layout = Layout(compact: compact)
    layout.run()
    return String(decoding: layout.result, as: UTF8.self)
  }

  /// One pass over the text: a container goes on one line if it holds no object and, unless it is a list, is
  /// short.
  private struct Layout {
    let compact: [UInt8]
    /// For each opening bracket in order: the container goes on one line.
    let isInline: [Bool]
    var result: [UInt8] = []

    private static let longestInlineObject = 90

    init(compact: [UInt8]) {
      self.compact = compact
      isInline = Layout.findInline(compact)
    }

    mutating func run() {
      result.reserveCapacity(compact.count * 5 / 4)
      var stack: [Bool] = []
      var next = 0
      var isInString = false
      var isEscaped = false
      for (position, byte) in compact.enumerated() {
        if isInString {
          result.append(byte)
          if isEscaped {
            isEscaped = false
          } else if byte == .backslash {
            isEscaped = true
          } else if byte == .quote {
            isInString = false
          }
          continue
        }
        switch byte {
        case .quote:
          isInString = true
          result.append(byte)
        case .openBrace, .openBracket:
          stack.append(isInline[next])
          next += 1
          result.append(byte)
          let isEmpty = compact[position + 1] == .closeBrace || compact[position + 1] == .closeBracket
          if !stack[stack.count - 1], !isEmpty { breakLine(depth: stack.count) }
        case .closeBrace, .closeBracket:
          let wasInline = stack.removeLast()
          let isEmpty = compact[position - 1] == .openBrace || compact[position - 1] == .openBracket
          if !wasInline, !isEmpty { breakLine(depth: stack.count) }
          result.append(byte)
        case .comma:
          result.append(byte)
          if stack.last == false { breakLine(depth: stack.count) } else { result.append(.space) }
        case .colon: result += [byte, .space]
        default: result.append(byte)
        }
      }
      result.append(.newline)
    }

    private mutating func breakLine(depth: Int) {
      result.append(.newline)
      result.append(contentsOf: repeatElement(.space, count: 2 * depth))
    }

    private static func findInline(_ compact: [UInt8]) -> [Bool] {
      var isInline: [Bool] = []
      var stack: [(index: Int, start: Int, holdsObject: Bool)] = []
      var isInString = false
      var isEscaped = false
      for (position, byte) in compact.enumerated() {
        if isInString {
          if isEscaped {
            isEscaped = false
          } else if byte == .backslash {
            isEscaped = true
          } else if byte == .quote {
            isInString = false
          }
          continue
        }
        switch byte {
        case .quote: isInString = true
        case .openBrace, .openBracket:
          if byte == .openBrace { for index in stack.indices { stack[index].holdsObject = true } }
          stack.append((isInline.count, position, false))
          isInline.append(false)
        case .closeBrace, .closeBracket:
          let container = stack.removeLast()
          let isShort = byte == .closeBracket || position - container.start <= longestInlineObject
          isInline[container.index] = !container.holdsObject && isShort
        default: break
        }
      }
      return isInline
    }
  }
}

extension UInt8 {
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let backslash = UInt8(ascii: "\\")
  fileprivate static let openBrace = UInt8(ascii: "{")
  fileprivate static let closeBrace = UInt8(ascii: "}")
  fileprivate static let openBracket = UInt8(ascii: "[")
  fileprivate static let closeBracket = UInt8(ascii: "]")
  fileprivate static let comma = UInt8(ascii: ",")
  fileprivate static let colon = UInt8(ascii: ":")
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let newline = UInt8(ascii: "\n")
}
