import Foundation

/// Files that say what a test is to produce, `Tests/Snapshots`.
///
/// `FDSKD_RECORD=1 swift test` writes them anew and fails, so that nobody records by accident; look at the difference.
package enum Golden {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  package static var isRecording: Bool { ProcessInfo.processInfo.environment["FDSKD_RECORD"] != nil }

  /// Path of a network of `Tests/Fixtures`.
  package static func fixture(_ name: String) -> String {
    tests.appendingPathComponent("Fixtures/\(name).onnx").path
  }

  /// Path of a file of `examples`.
  package static func example(_ name: String) -> String {
    tests.deletingLastPathComponent().appendingPathComponent("examples/\(name)").path
  }

  /// A folder of its own that goes with the test.
  package static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fdskd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }

  package static func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// What differs between `text` and the snapshot of this name; nil where nothing does.
  package static func difference(_ text: String, from name: String) throws -> String? {
    try difference(text, from: tests.appendingPathComponent("Snapshots/\(name)"))
  }

  /// The same for an article of the documentation that a test writes.
  package static func difference(_ text: String, fromArticle name: String) throws -> String? {
    try difference(text, from: sources.appendingPathComponent("FDSKD/Documentation.docc/\(name).md"))
  }

  private static var sources: URL { tests.deletingLastPathComponent().appendingPathComponent("Sources") }

  /// The source files of a module.
  package static func sources(of module: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: sources.appendingPathComponent(module), includingPropertiesForKeys: nil
    ).map { try String(contentsOf: $0, encoding: .utf8) }
  }

  private static func difference(_ text: String, from file: URL) throws -> String? {
    let name = file.lastPathComponent
    if isRecording {
      try text.write(to: file, atomically: true, encoding: .utf8)
      return "recorded \(name)"
    }
    guard let golden = try? String(contentsOf: file, encoding: .utf8) else {
      return "there is no snapshot \(name)"
    }
    guard golden != text else { return nil }
    let lines = zip(
      golden.split(separator: "\n", omittingEmptySubsequences: false),
      text.split(separator: "\n", omittingEmptySubsequences: false))
    guard let first = lines.enumerated().first(where: { $1.0 != $1.1 }) else {
      return "\(name): other length"
    }
    return "\(name), line \(first.offset + 1): is '\(first.element.1)', was '\(first.element.0)'"
  }
}
