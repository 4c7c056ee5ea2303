import Datasets
import FDSKD
import Foundation
import GraphIR

/// What is fed with bytes. It may refuse them with an error of its kind; whatever else happens is a finding: a trap, a
/// leak, time, memory, or an error that is a defect of the program (exit class `internal`).
package protocol FuzzTarget: Sendable {
  /// - Parameter folder: of its own, for files.
  init(folder: String) throws
  func run(_ input: Data)
}

/// Every target, by the name that it has for `FUZZ_TARGET` and as a folder of corpora and findings.
package let fuzzTargets: [String: any FuzzTarget.Type] = [
  "model": ModelTarget.self, "compile": CompileTarget.self, "tensor": TensorTarget.self,
  "dataset": DatasetTarget.self, "plan": PlanTarget.self, "configuration": ConfigurationTarget.self,
]

extension FuzzTarget {
  /// Runs a reader that may refuse its input.
  func refusable(_ body: () throws -> Void) {
    do { try body() } catch is DatasetError {} catch {
      let diagnostic = Diagnostic(error)
      precondition(diagnostic.exitStatus != 70, "a defect was reported: \(diagnostic)")
    }
  }

  func write(_ input: Data, to path: String) {
    guard FileManager.default.createFile(atPath: path, contents: input) else {
      fatalError("\(path) is not written")
    }
  }
}
