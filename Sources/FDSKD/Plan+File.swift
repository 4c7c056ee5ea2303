import GraphIR
import ONNXFormat

extension Plan {
  /// Reads a plan from a file.
  ///
  /// - Throws: `input-unreadable`; `bad-plan` where it is not a plan, or one that contradicts itself.
  public init(contentsOf path: String) throws {
    let bytes = try InputFile.bytes(of: path)
    do { try self.init(json: bytes) } catch let error as CompileError { throw error.in(file: path) }
  }
}
