import FoundationEssentials
import GraphIR

extension Plan {
  /// Reads a plan from a file.
  ///
  /// - Throws: `input-unreadable`; `bad-plan` where it is not a plan, or one that contradicts itself.
  public init(contentsOf path: String) throws {
    let bytes: Data
    do { bytes = try Data(contentsOf: URL(filePath: path)) } catch {
      throw CompileError("input-unreadable", "cannot be read", exit: .resources, file: path)
    }
    do { try self.init(json: Array(bytes)) } catch let error as CompileError { throw error.in(file: path) }
  }
}
