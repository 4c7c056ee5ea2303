/// The fields of `TensorProto` that hold elements which can stay where they are in the file.
enum TensorField {
  static let floatData = 4
  static let rawData = 9
  static let doubleData = 10
  private static let rawDataTagByte: StaticString = "\u{4A}"

  /// The tag that announces a `raw_data` field.
  static var rawDataTag: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: rawDataTagByte.utf8Start, count: 1)
  }

  /// Whether a tensor's elements are one packed run of `float_data` or `double_data` and nothing else, so that the
  /// run is, byte for byte, the array that a reader needs. Damaged bytes are not lifted: the scan reports them.
  static func typedDataCanBeLifted(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard range.count >= 256 else { return false }
    var reader = WireReader(bytes, range: range)
    var runs = 0
    do {
      while reader.position < range.upperBound {
        let (number, type) = try reader.tag()
        if number == rawData { return false }
        if number == floatData || number == doubleData {
          guard type == .lengthDelimited, runs == 0 else { return false }
          runs += 1
        }
        try reader.skipValue(type)
      }
    } catch {
      return false
    }
    return runs == 1
  }
}
