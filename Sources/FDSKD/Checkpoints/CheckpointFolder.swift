import FoundationEssentials
import GraphIR
import ONNXFormat
import Training

/// A folder with the last checkpoints of one run: `epoch-0003-step-000000.checkpoint`, where 3 epochs are done.
struct CheckpointFolder: Sendable {
  let path: String
  /// Checkpoints that are kept.
  private static let keptCount = 2
  private static let suffix = ".checkpoint"

  init(_ path: String) { self.path = path }

  /// Makes the folder, and sees to it that a new run does not mix with an old one.
  ///
  /// - Throws: `output-write`, `checkpoints-exist`.
  func prepare() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CompileError(
        "output-write", "the folder cannot be made", exit: .resources, hint: "choose another --checkpoint",
        file: path)
    }
    guard try names().isEmpty else {
      throw CompileError(
        "checkpoints-exist", "holds checkpoints of an earlier run", exit: .usage,
        hint: "--resume goes on from there; for a new run name another folder, or empty this one", file: path)
    }
  }

  func save(_ file: CheckpointFile) throws {
    let state = file.checkpoint.state
    try file.write(to: path + "/" + Self.name(epoch: state.epoch, step: state.step))
    for name in try names().dropLast(Self.keptCount) {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  /// The last checkpoint, seen to be of this run.
  ///
  /// - Throws: `no-checkpoint`; `checkpoint-damaged` with the one before offered; `checkpoint-mismatch` which says what
  ///   is not the same.
  func last(for identity: CheckpointFile.Identity) throws -> Checkpoint {
    let names = try names()
    guard let name = names.last else {
      throw CompileError(
        "no-checkpoint", "holds no checkpoint", exit: .usage, hint: "leave out --resume to begin", file: path)
    }
    let file: CheckpointFile
    do { file = try CheckpointFile(contentsOf: path + "/" + name) } catch var error as CompileError {
      if error.code == "checkpoint-damaged" {
        error.hint =
          names.count > 1
          ? "remove it, and --resume goes on from \(names[names.count - 2])"
          : "there is none before it; begin again without --resume"
      }
      throw error
    }
    let differences = [
      (file.identity.version == identity.version, "another version of the compiler"),
      (file.identity.model == identity.model, "another model"),
      (file.identity.data == identity.data, "other data"),
      (file.identity.settings == identity.settings, "other settings"),
    ].filter { !$0.0 }.map(\.1)
    guard differences.isEmpty else {
      throw CompileError(
        "checkpoint-mismatch", "was made with \(differences.joined(separator: " and "))",
        hint: "give the same input, data and flags, or begin in another folder", file: path + "/" + name)
    }
    return file.checkpoint
  }

  /// Oldest first; none where there is no folder.
  private func names() throws -> [String] {
    try InputFile.names(inFolder: path).filter { $0.hasPrefix("epoch-") && $0.hasSuffix(Self.suffix) }
  }

  /// Names sort as runs go.
  private static func name(epoch: Int, step: Int) -> String {
    func padded(_ number: Int, _ length: Int) -> String {
      String(repeating: "0", count: max(0, length - String(number).count)) + String(number)
    }
    return "epoch-\(padded(epoch, 7))-step-\(padded(step, 9))" + suffix
  }
}
