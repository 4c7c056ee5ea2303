/// Products of lengths that a file states.
enum ElementCount {
  /// The product; nil where a length is negative or the product is too large to be one.
  static func of(_ lengths: [Int]) -> Int? {
    var product = 1
    for length in lengths {
      let (next, overflows) = product.multipliedReportingOverflow(by: length)
      if length < 0 || overflows { return nil }
      product = next
    }
    return product
  }
}
