import Foundation
import GraphIR
import Operators
import TestSupport
import Testing

/// The article "Operators" is written from the registry, and from what each operator's comment says of channels.
@Suite("The list of operators")
struct OperatorListTests {
  @Test("is what the registry and the comments say")
  func article() throws {
    let domains = [("ai.onnx", ""), ("com.microsoft", "com.microsoft")]
    let known = OperatorRegistry.standard.identifiers
    #expect(Set(known.map(\.domain)) == Set(domains.map(\.1)))
    var text = """
      # Operators

      The \(known.count) operators that the compiler knows, and what becomes of channels at each.

      A₁ is axis 1 of A, and ≡ says that slots of the same index go together. Anything else passes through untouched and
      pins what it touches. The tests keep this list: they write it anew with `FDSKD_RECORD=1`.

      A network runs, for `evaluate` and for training, where all its operators do. `X` runs and has a gradient, so that it
      can be trained through; *X* runs; the others do not.

      """
    for (title, domain) in domains {
      let families = Dictionary(grouping: known.filter { $0.domain == domain }) { identifier in
        OperatorRegistry.standard.type(of: identifier).map { String(describing: $0) } ?? ""
      }
      text += "\n## \(title)\n\n| operators | channels |\n|---|---|\n"
      for (type, members) in families.sorted(by: { $0.value[0].name < $1.value[0].name }) {
        let names = members.map(Self.marked).joined(separator: ", ")
        text += "| \(names) | \(try Self.channels(of: type)) |\n"
      }
    }
    #expect(try Golden.difference(text, fromArticle: "Operators") == nil)
  }

  /// The name, in the letters that say what the operator can do.
  private static func marked(_ identifier: OperatorIdentifier) -> String {
    let abilities = OperatorRun.all.filter { $0.identifier == identifier }.map(\.ability)
    if abilities.contains(.trains) { return "`\(identifier.name)`" }
    return abilities.contains(.runs) ? "*\(identifier.name)*" : identifier.name
  }

  /// The section "Channels" of a type's comment, on one line.
  private static func channels(of type: String) throws -> String {
    func declares(_ text: some StringProtocol) -> Bool {
      ["Operator", "ComputableOperator", "ComposedOperator"].contains { kind in
        text.contains("package struct \(type): \(kind) {")
          || text.contains("package struct \(type): \(kind), ")
      }
    }
    let lines = try #require(Golden.sources(of: "Operators").first { declares($0) })
      .split(separator: "\n", omittingEmptySubsequences: false)
    let end = try #require(lines.firstIndex { declares($0) })
    let comment = lines[..<end].reversed().prefix { $0.hasPrefix("///") }.reversed()
      .map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
    let start = try #require(
      comment.firstIndex { $0.hasPrefix("## Channels") }, "\(type) says nothing of channels")
    let section = comment[(start + 1)...].prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("- ") }
    let text = [comment[start].dropFirst("## Channels".count).trimmingCharacters(in: .whitespaces)] + section
    return text.joined(separator: " ").replacingOccurrences(of: "``", with: "`")
      .replacingOccurrences(of: "|", with: "\\|")
  }
}
