/// The header of an `.npy` array.
///
/// - SeeAlso: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
struct NPYHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy's own limit is 10,000 characters.
  private static let textLimit = 1 << 16

  let element: NPYElement
  let isFortranOrder: Bool
  let shape: [Int]
  /// Number of elements; times their size it is still an Int.
  let elementCount: Int
  /// Bytes before the first element.
  let byteCount: Int

  /// Reads magic, version, length and the dictionary.
  ///
  /// - Throws: `dataset-format`, which says what was found.
  init(_ source: some ByteSource) throws {
    let magic = try source.bytes(8)
    guard magic.starts(with: Self.magic) else {
      throw source.refusal("is no .npy array: it does not begin with \\x93NUMPY")
    }
    guard (1...3).contains(magic[6]), magic[7] == 0 else {
      throw source.refusal("has version \(magic[6]).\(magic[7]) of the .npy format, 1.0 to 3.0 are known")
    }
    let lengthBytes = try source.bytes(magic[6] == 1 ? 2 : 4)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.textLimit else { throw source.refusal("states a header of \(length) bytes") }
    byteCount = magic.count + lengthBytes.count + length

    guard let entries = PythonLiteral.dictionary(try source.bytes(length)),
      entries.keys.sorted() == ["descr", "fortran_order", "shape"], let descr = entries["descr"],
      case .boolean(let isFortranOrder)? = entries["fortran_order"],
      case .tuple(let shape)? = entries["shape"]
    else {
      throw source.refusal("its header is no dictionary of descr, fortran_order and shape")
    }
    element = try Self.element(descr, source)
    guard let count = ElementCount.of(shape), ElementCount.of([count, element.size]) != nil else {
      throw source.refusal("states the absurd shape \(shape)")
    }
    elementCount = count
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  private static func element(_ descr: PythonLiteral.Value, _ source: some ByteSource) throws -> NPYElement {
    guard case .text(let descr) = descr else {
      throw source.refusal("is an array of records", hint: "store one numeric array a file or name")
    }
    if descr.hasSuffix("O") {
      throw source.refusal(
        "holds pickled Python objects, which could run code when read",
        hint: "store numbers, in NumPy: np.asarray(x, dtype=np.float32)")
    }
    guard let element = NPYElement(descr) else {
      throw source.refusal(
        "has elements of type '\(descr)'", hint: "known are b1, i1 to i8, u1 to u8, f2, f4 and f8")
    }
    return element
  }
}
