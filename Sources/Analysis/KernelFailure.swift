import GraphIR
import Kernels

extension CompileError {
  /// What a kernel could not do, as `code`; or `out-of-memory`.
  package init(_ error: KernelError, _ code: String, _ prefix: String = "") {
    if error.isOutOfMemory {
      self.init("out-of-memory", error.message, exit: .resources)
    } else {
      self.init(code, prefix + error.message)
    }
  }
}
