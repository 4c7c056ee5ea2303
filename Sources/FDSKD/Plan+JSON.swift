import FoundationEssentials
import GraphIR

extension Plan {
  /// The plan as JSON, `schemas/plan.schema.json`: sorted keys, shortest round-trip numbers.
  ///
  /// - Throws: `not-a-number` where a score is not finite.
  public func json() throws -> String { try JSONText.encode(self) }

  /// Reads what ``json()`` writes, and checks that it makes sense in itself.
  ///
  /// - Throws: `bad-plan` where it is not a plan, or one that contradicts itself.
  public init(json: [UInt8]) throws {
    do {
      self = try JSONDecoder().decode(Plan.self, from: Data(json))
    } catch let error as DecodingError {
      throw CompileError("bad-plan", "not a plan: \(error.summary)", hint: "write one with --save-plan")
    }
    try validate()
  }

  /// - Throws: `bad-plan` where a group does not name each of its channels once, or a member's slots are not one a
  ///   channel.
  public func validate() throws {
    guard schemaVersion == Plan.currentSchemaVersion else {
      throw CompileError(
        "bad-plan", "schema_version is \(schemaVersion), and this version reads \(Plan.currentSchemaVersion)")
    }
    var ids: Set<String> = []
    for group in groups {
      guard ids.insert(group.id).inserted else { throw group.error("appears twice") }
      try group.validate()
    }
  }
}

extension Plan.Group {
  fileprivate func error(_ message: String) -> CompileError {
    CompileError("bad-plan", message, place: "group '\(id)'")
  }

  fileprivate func validate() throws {
    guard size >= 0, kept.count + removed.count == size else {
      throw error("has \(size) channels, and keeps \(kept.count) and removes \(removed.count)")
    }
    var seen = [Bool](repeating: false, count: size)
    for channel in kept + removed {
      guard seen.indices.contains(channel) else { throw error("has no channel \(channel) among its \(size)") }
      guard !seen[channel] else { throw error("names channel \(channel) twice") }
      seen[channel] = true
    }
    guard kept.isSortedStrictly, removed.isSortedStrictly else {
      throw error("does not list its channels ascending")
    }
    guard scores.isEmpty || scores.count == size else {
      throw error("has \(scores.count) scores for \(size) channels")
    }
    for member in members {
      guard member.axis >= 0 else { throw error("names axis \(member.axis) of '\(member.tensor)'") }
      guard member.slots.count == size else {
        throw error("has slots for \(member.slots.count) of \(size) channels on '\(member.tensor)'")
      }
      var positions: Set<Int> = []
      for position in member.slots.joined() {
        guard position >= 0, positions.insert(position).inserted else {
          throw error("gives position \(position) of '\(member.tensor)' to two channels, or below zero")
        }
      }
    }
  }
}

extension [Int] {
  fileprivate var isSortedStrictly: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}

extension DecodingError {
  /// What is wrong where, on one line.
  package var summary: String {
    let (what, context): (String, Context) =
      switch self {
      case .keyNotFound(let key, let context): ("'\(key.stringValue)' is missing", context)
      case .typeMismatch(let type, let context): ("not \(DecodingError.name(of: type))", context)
      case .valueNotFound(_, let context): ("null", context)
      case .dataCorrupted(let context):
        // A number that its type cannot hold comes without a place.
        (context.codingPath.isEmpty ? "not JSON, or a number is no integer" : "unknown value", context)
      @unknown default: ("unreadable", Context(codingPath: [], debugDescription: ""))
      }
    var path = ""
    for key in context.codingPath {
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return path.isEmpty ? what : "\(path): \(what)"
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is Int.Type: "an integer"
    case is Double.Type: "a number"
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any ExpressibleByArrayLiteral.Type: "a list"
    default: "an object"
    }
  }
}
