import COneDNN
import COpenBLAS

/// Loops on several threads, in the pool that oneDNN uses too, so that no two pools compete for the processors.
///
/// What a thread computes depends on the number of threads and on nothing else: the same number gives the same bits.
package enum Parallel {
  /// Threads for every loop of this module, of oneDNN and of OpenBLAS together.
  ///
  /// OpenBLAS itself stays on one thread: matrix products are split here.
  package static func setThreads(_ count: Int) {
    precondition(count > 0)
    shim_set_threads(Int32(count))
    keepBLASOnOneThread()
  }

  /// Matrix products are split here, not by OpenBLAS. To be called before any of its functions.
  static func keepBLASOnOneThread() { _ = isBLASOnOneThread }

  /// Once: OpenBLAS does not bear it while another thread multiplies.
  private static let isBLASOnOneThread: Bool = {
    openblas_set_num_threads(1)
    return true
  }()

  package static var threadCount: Int { Int(shim_max_threads()) }

  /// Calls `body` with ranges that together make up 0..<count, each at least `grain` long where there are several.
  package static func run(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let parts = max(1, min(threadCount, count / max(grain, 1)))
    guard parts > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var loop = Loop(body: body, count: count, parts: parts)
      withUnsafeMutablePointer(to: &loop) { loop in
        shim_parallel(
          Int32(parts),
          { context, index in
            guard let context else { return }
            let loop = context.assumingMemoryBound(to: Loop.self)
            loop.pointee.run(part: Int(index))
          }, loop)
      }
    }
  }

  private struct Loop {
    let body: (Range<Int>) -> Void
    let count: Int
    let parts: Int

    func run(part: Int) { body(count * part / parts..<count * (part + 1) / parts) }
  }
}
