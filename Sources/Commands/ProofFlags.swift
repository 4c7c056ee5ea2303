import ArgumentParser
import FDSKD

/// How the result is proved to compute what it should.
struct ProofFlags: SettingFlags {
  @Option(
    parsing: .unconditional,
    help: .init(
      "Compare the result with the input whose removed channels are zero, on this many seeded batches (default: 1 where the network has at most 1G MACs, else 0).",
      valueName: "n"))
  var check: String?

  @Option(
    parsing: .unconditional,
    help: .init(
      "How far outputs may differ, relative to the largest magnitude (default: 1e-4; half precision 5e-3).",
      valueName: "x"))
  var checkRtol: String?

  @Option(
    parsing: .unconditional,
    help: .init("How far outputs may differ in any case (default: 1e-6).", valueName: "x"))
  var checkAtol: String?

  func set(_ settings: inout Settings) {
    settings[.check] = check
    settings[.checkRelativeTolerance] = checkRtol
    settings[.checkAbsoluteTolerance] = checkAtol
  }
}
