import GraphIR
import ONNXFormat

extension Plan {
  /// Bytes of the largest plan: each of a million channels takes some dozens.
  private static let largestFile = 256 << 20

  /// Reads a plan from a file.
  ///
  /// - Throws: `input-unreadable`; `file-too-large`; `bad-plan` where it is not a plan, or one that contradicts itself.
  public init(contentsOf path: String) throws {
    let bytes = try InputFile.bytes(of: path, atMost: Self.largestFile)
    do { try self.init(json: bytes) } catch let error as CompileError { throw error.in(file: path) }
  }
}
