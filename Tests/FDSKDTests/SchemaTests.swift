import FDSKD
import Foundation
import Testing

/// The schemas of schemas/, and what is really written. Values are checked in Tests/Oracle/test_schemas.py.
@Suite("Schemas")
struct SchemaTests {
  @Test("name exactly the keys that are written", arguments: ["report", "plan"])
  func keys(name: String) throws {
    let schema = try Schema(name)
    let text = name == "report" ? try Samples.report.json() : try Samples.plan.json()
    let document = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(schema.differences(document) == [])
  }

  @Test("name exactly the keys of a training", arguments: [Samples.trained, Samples.unlabelled])
  func trainingKeys(report: Report) throws {
    let document = try JSONSerialization.jsonObject(with: Data(try report.json().utf8))
    #expect(try Schema("report").differences(document) == [])
  }

  @Test("have a sentence for every key, and allow no other", arguments: ["report", "plan"])
  func areStrict(name: String) throws { #expect(try Schema(name).gaps() == []) }

  @Test("have a definition for every figure")
  func definitions() throws {
    let object =
      try JSONSerialization.jsonObject(with: Data(try Samples.report.json().utf8)) as? [String: Any]
    let definitions = try #require(object?["definitions"] as? [String: String])
    let totals = try #require(object?["totals"] as? [String: Any])
    let before = try #require(totals["before"] as? [String: Any])
    #expect(Set(definitions.keys) == Set(before.keys))
    #expect(definitions.values.allSatisfy { $0.hasSuffix(".") })
  }
}

/// As much of JSON Schema as it takes to compare keys.
private struct Schema {
  let root: [String: Any]

  init(_ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../schemas/\(name).schema.json").standardized
    root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  /// Places where the document's keys are not those of the schema.
  func differences(_ document: Any) -> [String] { differences(document, root, at: "$") }

  private func differences(_ value: Any, _ schema: [String: Any], at path: String) -> [String] {
    let schema = resolve(schema)
    if let choices = (schema["anyOf"] ?? schema["oneOf"]) as? [[String: Any]] {
      if value is NSNull { return [] }
      let found = choices.filter { resolve($0)["type"] as? String != "null" }.map {
        differences(value, $0, at: path)
      }
      return found.min { $0.count < $1.count } ?? []
    }
    if let object = value as? [String: Any] {
      guard let properties = schema["properties"] as? [String: [String: Any]] else {
        return ["\(path): no object"]
      }
      let wrong = Set(object.keys).symmetricDifference(properties.keys).sorted()
      return wrong.map { "\(path).\($0)" }
        + object.flatMap { key, value in
          properties[key].map { differences(value, $0, at: "\(path).\(key)") } ?? []
        }
    }
    if let list = value as? [Any] {
      guard let items = schema["items"] as? [String: Any] else { return ["\(path): no list"] }
      return list.enumerated().flatMap { differences($1, items, at: "\(path)[\($0)]") }
    }
    return []
  }

  /// Objects that allow other keys or miss a required one, and keys without a description.
  func gaps() -> [String] { gaps(root, at: "$") }

  private func gaps(_ value: Any, at path: String) -> [String] {
    if let list = value as? [Any] { return list.enumerated().flatMap { gaps($1, at: "\(path)[\($0)]") } }
    guard let schema = value as? [String: Any] else { return [] }
    var found: [String] = []
    if schema["type"] as? String == "object",
      let properties = schema["properties"] as? [String: [String: Any]]
    {
      if schema["additionalProperties"] as? Bool != false { found.append("\(path) allows other keys") }
      let required = Set(schema["required"] as? [String] ?? [])
      found += properties.keys.filter { !required.contains($0) }.map { "\(path).\($0) is optional" }
      found += properties.filter { $0.value["description"] == nil }.keys.map {
        "\(path).\($0) has no description"
      }
    }
    return found + schema.flatMap { gaps($0.value, at: "\(path).\($0.key)") }
  }

  private func resolve(_ schema: [String: Any]) -> [String: Any] {
    guard let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last,
      let definitions = root["$defs"] as? [String: [String: Any]], let target = definitions[String(name)]
    else { return schema }
    return resolve(target)
  }
}
