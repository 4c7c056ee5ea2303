import Foundation
import FuzzTargets
import Testing

@Suite("Findings of the fuzzers")
struct FindingTests {
  private static let findings = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/findings")

  @Test("what once was a finding is read or refused", arguments: fuzzTargets.keys.sorted())
  func isNoFindingAnyMore(name: String) throws {
    let type = try #require(fuzzTargets[name])
    let folder = FileManager.default.temporaryDirectory.appending(path: "findings-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let target = try type.init(folder: folder.path)
    let kept = Self.findings.appending(path: name)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: kept.path)) ?? []
    for file in files.sorted() { target.run(try Data(contentsOf: kept.appending(path: file))) }
  }
}
