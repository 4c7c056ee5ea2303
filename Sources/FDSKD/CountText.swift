/// Numbers as people read them; the same in every locale.
package enum CountText {
  /// Four digits and a decimal prefix: `950`, `11.69M`, `1.814G`; `?` where the count is not known.
  package static func short(_ count: Int?) -> String {
    guard let count else { return "?" }
    let (digits, prefix) = scale(count)
    return digits + prefix
  }

  /// `950 B`, `44.71 MB`, in decimal units.
  package static func bytes(_ count: Int?) -> String {
    guard let count else { return "?" }
    let (digits, prefix) = scale(count)
    return "\(digits) \(prefix)B"
  }

  /// Every digit, in groups of three: `11,689,512`; `?` where the count is not known.
  package static func full(_ count: Int?) -> String {
    guard let count else { return "?" }
    var text = ""
    for (index, digit) in String(count.magnitude).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (count < 0 ? "-" : "") + String(text.reversed())
  }

  /// The relative change with its sign, `-49.4%`; `±0%` where there is none, nil where it is not known.
  package static func change(from before: Int?, to after: Int?) -> String? {
    guard let before, let after, before > 0 else { return nil }
    if before == after { return "±0%" }
    let percent = (Double(after) / Double(before) - 1) * 100
    return (percent > 0 ? "+" : "") + fixed(percent, digits: 1) + "%"
  }

  /// A fraction as a percentage: 0.3 is `30.0%`.
  package static func percent(_ fraction: Double) -> String { fixed(fraction * 100, digits: 1) + "%" }

  /// Rounded to a number of decimals, half away from zero; no exponent below 10^15.
  package static func fixed(_ value: Double, digits: Int) -> String {
    var power = 1.0
    for _ in 0..<digits { power *= 10 }
    let scaled = (value.magnitude * power).rounded()
    guard scaled < 1e15 else { return value.description }
    let whole = Int(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % Int(power))
    return "\(sign)\(whole / Int(power))." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Wall time: `0.4 ms`, `18 ms`, `2.31 s`.
  package static func duration(inSeconds seconds: Double) -> String {
    if seconds >= 1 { return fixed(seconds, digits: 2) + " s" }
    return fixed(seconds * 1000, digits: seconds < 0.01 ? 1 : 0) + " ms"
  }

  /// `1 group`, `2 groups`.
  package static func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(full(count)) " + (count == 1 ? noun : plural ?? noun + "s")
  }

  private static func scale(_ count: Int) -> (digits: String, prefix: String) {
    var value = Double(count)
    var prefix = 0
    let prefixes = ["", "k", "M", "G", "T", "P", "E"]
    // 999.95 would round up to four digits before the point.
    while value.magnitude >= 999.95, prefix < prefixes.count - 1 {
      value /= 1000
      prefix += 1
    }
    guard prefix > 0 else { return ("\(count)", "") }
    return (
      fixed(value, digits: value.magnitude < 9.9995 ? 3 : value.magnitude < 99.995 ? 2 : 1), prefixes[prefix]
    )
  }
}
