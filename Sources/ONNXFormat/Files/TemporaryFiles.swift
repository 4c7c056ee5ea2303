import Platform
import Synchronization
import SystemPackage

/// The files of this process that go away with it: temporary ones, and data whose model is not in place yet.
package final class TemporaryFiles: Sendable {
  package static let shared = TemporaryFiles()

  private struct State {
    var paths: Set<String> = []
    var number = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  private init() {}

  /// Removes them all, for a process that ends on a signal; whoever wants another one waits for that end.
  package func removeAll() {
    let paths = state.withLock { state in
      defer { (state.paths, state.isClosed) = ([], true) }
      return state.paths
    }
    for path in paths { try? SystemCalls.remove(FilePath(path)) }
  }

  /// To be called before the file is made.
  func insert(_ path: FilePath) {
    let isClosed = state.withLock { state in
      state.paths.insert(path.string)
      CrashReport.insert(path.string)
      return state.isClosed
    }
    if isClosed { SystemCalls.waitForTheEnd() }
  }

  /// Runs what makes files stay, with no signal in between.
  func keep(_ paths: [FilePath], by body: () throws -> Void) rethrows {
    try state.withLock { state in
      // A crash in between leaves a file too many: better than one that is missing.
      for path in paths { CrashReport.remove(path.string) }
      do { try body() } catch {
        for path in paths where state.paths.contains(path.string) { CrashReport.insert(path.string) }
        throw error
      }
      state.paths.subtract(paths.map(\.string))
    }
  }

  func remove(_ path: FilePath) {
    state.withLock { state in
      CrashReport.remove(path.string)
      state.paths.remove(path.string)
    }
  }

  func nextNumber() -> Int {
    state.withLock {
      $0.number += 1
      return $0.number
    }
  }
}
