import FDSKD

/// From what a user wrote, on the command line or in a configuration file, to what is meant.
package enum SettingText {
  package static func rate(_ text: String, for key: SettingKey) throws -> Double {
    try rate(text, named: "\(key.flag) is '\(text)'")
  }

  /// `GLOB=0.2`; the last `=` divides, since names may contain it.
  package static func layerRate(_ text: String) throws -> CompileOptions.LayerRate {
    guard let divider = text.lastIndex(of: "="), divider > text.startIndex else {
      throw Diagnostic.usage(
        "bad-option", "--layer-rate '\(text)' is not of the form GLOB=RATE",
        hint: "--layer-rate 'layer1.*=0.2'")
    }
    let value = String(text[text.index(after: divider)...])
    return CompileOptions.LayerRate(
      pattern: String(text[..<divider]),
      rate: try rate(value, named: "--layer-rate '\(text)' has the rate '\(value)'"))
  }

  private static func rate(_ text: String, named name: String) throws -> Double {
    if let rate = Double(text) {
      if rate.isFinite, (0..<1).contains(rate) { return rate }
      let asPercent =
        rate > 1 && rate < 100 ? "; if percent is meant, write \(CountText.trimmed(rate / 100))" : ""
      throw Diagnostic.usage(
        "bad-rate", "\(name), and has to be at least 0 and less than 1",
        hint: "a rate is the fraction of the channels to remove\(asPercent)")
    }
    throw Diagnostic.usage(
      "bad-rate", "\(name), which is not a number",
      hint: fraction(ofPercent: text).map { "\(text) is \(CountText.trimmed($0))" }
        ?? "a rate is the fraction of the channels to remove, 0.3")
  }

  /// `0.5` of the count before, or a count: `600M`, `1.2G`, `250000`.
  package static func target(_ text: String, for key: SettingKey) throws -> CompileOptions.Target {
    if let fraction = Double(text), fraction <= 1 || text.contains(".") {
      guard fraction.isFinite, fraction > 0, fraction <= 1 else {
        throw Diagnostic.usage(
          "bad-target", "\(key.flag) is the fraction '\(text)', and has to be above 0 and at most 1",
          hint: "a fraction of the count before (0.5), or a count (600M)")
      }
      return .fraction(fraction)
    }
    if let count = count(text, units: [("k", 1e3), ("m", 1e6), ("g", 1e9), ("t", 1e12)]), count >= 1 {
      return .count(count)
    }
    let asFraction = fraction(ofPercent: text).map { "\(text) is \(CountText.trimmed($0))" }
    throw Diagnostic.usage(
      "bad-target", "\(key.flag) is '\(text)', and has to be a fraction or a count",
      hint: asFraction ?? "0.5, 600M or 1.2G")
  }

  /// `512M`, `2G` (decimal), `2Gi` (binary), or bytes.
  package static func byteCount(_ text: String, for key: SettingKey) throws -> Int {
    let units: [(String, Double)] = [
      ("ki", 1024), ("mi", 1_048_576), ("gi", 1_073_741_824), ("ti", 1_099_511_627_776), ("k", 1e3),
      ("m", 1e6),
      ("g", 1e9), ("t", 1e12),
    ]
    var digits = text.lowercased()
    if digits.hasSuffix("b") { digits.removeLast() }
    if let count = count(digits, units: units), count >= 1 { return count }
    throw Diagnostic.usage(
      "bad-option", "\(key.flag) is '\(text)', and has to be a number of bytes", hint: "2G, 512M or 2Gi")
  }

  static func integer(_ text: String, for key: SettingKey) throws -> Int {
    if let value = Int(text), value >= 1 { return value }
    throw Diagnostic.usage(
      "bad-option", "\(key.flag) is '\(text)', and has to be a whole number of at least 1")
  }

  static func count(_ text: String, for key: SettingKey) throws -> Int {
    if let value = Int(text), value >= 0 { return value }
    throw Diagnostic.usage(
      "bad-option", "\(key.flag) is '\(text)', and has to be a whole number of at least 0")
  }

  static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ text: String, for key: SettingKey
  ) throws -> Choice {
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    throw Diagnostic.usage("bad-option", "\(key.flag) is '\(text)', and has to be \(list)")
  }

  /// `name:1,3,224,224`; the last `:` divides, since names may contain it.
  package static func inputShape(_ text: String) throws -> CompileOptions.InputShape {
    let example = "--input-shape image:1,3,224,224"
    guard let divider = text.lastIndex(of: ":"), divider > text.startIndex else {
      throw Diagnostic.usage(
        "bad-option", "--input-shape '\(text)' is not of the form NAME:1,3,224,224", hint: example)
    }
    let lengths = text[text.index(after: divider)...].split(separator: ",", omittingEmptySubsequences: false)
    let dimensions = try lengths.map { length in
      guard let value = Int(length), value >= 1 else {
        throw Diagnostic.usage(
          "bad-option", "--input-shape '\(text)' has the length '\(length)', and each has to be at least 1",
          hint: example)
      }
      return value
    }
    return CompileOptions.InputShape(name: String(text[..<divider]), dimensions: dimensions)
  }

  /// A whole number of something: digits, a point, a unit.
  private static func count(_ text: String, units: [(name: String, size: Double)]) -> Int? {
    if let count = Int(text) { return count }
    let lowered = text.lowercased()
    for unit in units where lowered.hasSuffix(unit.name) {
      let digits = lowered.dropLast(unit.name.count)
      guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(digits)
      else { return nil }
      let count = (number * unit.size).rounded()
      return count < 9e18 ? Int(count) : nil
    }
    return nil
  }

  private static func fraction(ofPercent text: String) -> Double? {
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent < 100 else {
      return nil
    }
    return percent / 100
  }
}
