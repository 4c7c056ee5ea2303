import Foundation
import FuzzTargets

/// The target of this process, by `FUZZ_TARGET`: libFuzzer's `main` leaves no argument to us.
///
/// `FUZZ_FOLDER` is for its files. Tests/Fuzz/fuzz.sh makes one in memory where the system has such a place.
private let target: any FuzzTarget = {
  let environment = ProcessInfo.processInfo.environment
  guard let type = fuzzTargets[environment["FUZZ_TARGET"] ?? ""], let folder = environment["FUZZ_FOLDER"]
  else {
    print(
      "FUZZ_TARGET has to be one of \(fuzzTargets.keys.sorted().joined(separator: ", ")), FUZZ_FOLDER a folder"
    )
    exit(2)
  }
  do { return try type.init(folder: folder) } catch { fatalError("\(error)") }
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.run(bytes.map { Data(bytes: $0, count: count) } ?? Data())
  return 0
}
