import GraphIR

extension CompileOptions {
  /// Refuses what no network could be compiled with.
  ///
  /// - Throws: `bad-rate`, `bad-target`, `bad-option`, all of exit class usage, with the flag named.
  package func validate() throws {
    try CompileOptions.check(rate: rate, for: "--rate")
    for layerRate in layerRates {
      try CompileOptions.check(rate: layerRate.rate, for: "--layer-rate '\(layerRate.pattern)'")
      try CompileOptions.check(pattern: layerRate.pattern, for: "--layer-rate")
    }
    for pattern in ignoredLayers { try CompileOptions.check(pattern: pattern, for: "--ignore-layers") }
    try CompileOptions.check(target: targetMACs, for: "--target-macs")
    try CompileOptions.check(target: targetParameters, for: "--target-params")
    if targetMACs != nil, targetParameters != nil {
      throw CompileOptions.usage("bad-target", "--target-macs and --target-params exclude each other")
    }
    try CompileOptions.check(roundTo, isAtLeast: 1, for: "--round-to")
    try CompileOptions.check(minChannels, isAtLeast: 1, for: "--min-channels")
    try CompileOptions.check(checkBatches ?? 0, isAtLeast: 0, for: "--check")
    for (flag, value) in [
      ("--check-rtol", checkRelativeTolerance ?? 0), ("--check-atol", checkAbsoluteTolerance),
    ]
    where !value.isFinite || value < 0 {
      throw CompileOptions.usage("bad-option", "\(flag) is \(value), and has to be a number of at least 0")
    }
    if let maxMemory { try CompileOptions.check(maxMemory, isAtLeast: 1, for: "--max-memory") }
    var named: Set<String> = []
    for shape in inputShapes {
      for length in shape.dimensions {
        try CompileOptions.check(length, isAtLeast: 1, for: "--input-shape \(shape.name)")
      }
      if !named.insert(shape.name).inserted {
        throw CompileOptions.usage("bad-option", "--input-shape names '\(shape.name)' twice")
      }
    }
    try validateMethod()
  }

  /// Every pattern has to name a layer: a typing error must not leave a layer unprotected.
  ///
  /// - Parameters:
  ///   - layers: for each layer, the names that it goes by: the node's, its weights'.
  ///   - others: names that exist, too, of what has no channels of its own.
  /// - Throws: `no-such-layer` with the nearest names.
  package func validatePatterns(against layers: [[String]], besides others: [String] = []) throws {
    let patterns =
      layerRates.map { ("--layer-rate", $0.pattern) } + ignoredLayers.map { ("--ignore-layers", $0) }
    for (flag, text) in patterns {
      let pattern = LayerPattern(text)
      if layers.contains(where: { $0.contains(where: pattern.names) }) { continue }
      if others.contains(where: pattern.names) { continue }
      var seen: Set<String> = []
      let names = layers.flatMap { $0 }.filter { seen.insert($0).inserted }
      let hint = NearestNames.hint(for: pattern.literalText, among: names) ?? Self.partHint(pattern, names)
      throw CompileOptions.usage("no-such-layer", "\(flag) '\(text)' matches no layer", hint: hint)
    }
  }

  /// Suggests a part of a path for one that no name has: `block1` for the `blok1` of `*/blok1/*`.
  private static func partHint(_ pattern: LayerPattern, _ names: [String]) -> String? {
    func parts(_ text: String) -> [String] { text.split { $0 == "/" || $0 == "." }.map(String.init) }
    let known = Set(names.flatMap(parts))
    return parts(pattern.literalText).filter { !known.contains($0) }.lazy.compactMap {
      NearestNames.hint(for: $0, among: known.sorted())
    }.first
  }

  /// The rate that `--layer-rate` sets for a layer that goes by these names; nil where none does.
  package func layerRate(names: [String]) -> Double? {
    layerRates.last { rate in names.contains(where: LayerPattern(rate.pattern).names) }?.rate
  }

  /// `--ignore-layers` names the layer.
  package func ignores(names: [String]) -> Bool {
    ignoredLayers.contains { names.contains(where: LayerPattern($0).names) }
  }

  static func check(rate: Double, for flag: String) throws {
    guard rate.isFinite, (0..<1).contains(rate) else {
      let percent = rate > 1 && rate < 100 ? "; \(rate)% is \(CountText.trimmed(rate / 100))" : ""
      throw usage(
        "bad-rate", "\(flag) is \(rate), and has to be at least 0 and less than 1",
        hint: "a rate is the fraction of the channels to remove\(percent)")
    }
  }

  private static func check(target: Target?, for flag: String) throws {
    switch target {
    case nil: break
    case .fraction(let fraction):
      guard fraction.isFinite, fraction > 0, fraction <= 1 else {
        throw usage("bad-target", "\(flag) is the fraction \(fraction), and has to be above 0 and at most 1")
      }
    case .count(let count): try check(count, isAtLeast: 1, for: flag)
    }
  }

  private static func check(pattern: String, for flag: String) throws {
    if pattern.isEmpty { throw usage("bad-option", "\(flag) has an empty pattern") }
  }

  private static func check(_ value: Int, isAtLeast least: Int, for flag: String) throws {
    guard value >= least else {
      throw usage("bad-option", "\(flag) is \(value), and has to be at least \(least)")
    }
  }

  package static func usage(_ code: String, _ message: String, hint: String? = nil) -> CompileError {
    CompileError(code, message, exit: .usage, hint: hint)
  }
}
