import Foundation
import Testing

/// The command as it was built, run as a user would.
struct Executable {
  let path: URL
  let folder: URL

  struct Outcome {
    let status: Int32
    let output: String
    let error: String
  }

  init() throws {
    // The test bundle lies beside the executable, or below it on systems where a bundle is a folder.
    let bundle = URL(filePath: CommandLine.arguments[0])
    let candidates = sequence(first: bundle.deletingLastPathComponent()) { $0.deletingLastPathComponent() }
      .prefix(5).map { $0.appending(path: "fdskd-compile") }
    let named = ProcessInfo.processInfo.environment["FDSKD_COMPILE"].map { [URL(filePath: $0)] } ?? []
    path = try #require(
      (named + candidates).first { FileManager.default.isExecutableFile(atPath: $0.path) },
      "the executable is not beside \(bundle.path)")
    folder = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Runs the command in a folder of its own and waits for its end.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    process.executableURL = path
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error) = (folder.appending(path: ".stdout"), folder.appending(path: ".stderr"))
    for file in [output, error] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit, "\(arguments)")
    return Outcome(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      error: try String(contentsOf: error, encoding: .utf8))
  }

  /// A shell command in which `$FDSKD` is the executable.
  func shell(_ script: String) throws -> Outcome {
    let wrapper = Executable(path: URL(filePath: "/bin/sh"), folder: folder)
    return try wrapper.run("-c", script, environment: ["FDSKD": path.path])
  }

  private init(path: URL, folder: URL) {
    self.path = path
    self.folder = folder
  }

  func write(_ text: String, to name: String) throws {
    try text.write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: name).path)
  }

  /// What the runs left behind, without what this type wrote.
  var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0 != ".stdout" && $0 != ".stderr" }.sorted()
  }

  func removeFolder() { try? FileManager.default.removeItem(at: folder) }

  /// The small trained network of examples/digits.
  static let digits = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../examples/digits/digits.onnx").standardized.path
}
