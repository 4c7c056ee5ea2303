import Synchronization
import SystemPackage

/// The temporary files that this process has at the moment.
package final class TemporaryFiles: Sendable {
  package static let shared = TemporaryFiles()

  private struct State {
    var paths: Set<String> = []
    var number = 0
  }

  private let state = Mutex(State())

  private init() {}

  /// Removes them all, for a process that ends on a signal.
  package func removeAll() {
    let paths = state.withLock { state in
      defer { state.paths = [] }
      return state.paths
    }
    for path in paths { try? SystemCalls.remove(FilePath(path)) }
  }

  func insert(_ path: FilePath) { state.withLock { _ = $0.paths.insert(path.string) } }

  func remove(_ path: FilePath) { state.withLock { _ = $0.paths.remove(path.string) } }

  func nextNumber() -> Int {
    state.withLock {
      $0.number += 1
      return $0.number
    }
  }
}
