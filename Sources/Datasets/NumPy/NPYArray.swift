/// An `.npy` array in memory, in C order.
struct NPYArray {
  /// As errors name it.
  let name: String
  let shape: [Int]
  let content: ArrayDataset.Content

  /// Elements that are converted at a time.
  private static let blockSize = 1 << 16

  /// Reads an array; big-endian numbers and Fortran order are converted.
  ///
  /// - Parameter limit: how many bytes the array in memory may take.
  /// - Throws: `dataset-format`, `dataset-open`; `dataset-memory` above `limit`, before anything is allocated.
  init(_ source: some ByteSource, limit: Int) throws {
    let header = try NPYHeader(source)
    try Self.check(header, source, limit)
    name = source.name
    shape = header.shape
    if header.element.isByte {
      let bytes = try source.bytes(header.elementCount)
      content = .bytes(header.isFortranOrder ? FortranOrder.inCOrder(bytes, shape) : bytes)
    } else {
      let floats = try Self.floats(source, header)
      content = .floats(header.isFortranOrder ? FortranOrder.inCOrder(floats, shape) : floats)
    }
    try source.expectEnd()
  }

  /// Bytes that the elements take.
  var memory: Int { content.count * (content.kind == .bytes ? 1 : MemoryLayout<Float>.size) }

  private static func check(_ header: NPYHeader, _ source: some ByteSource, _ limit: Int) throws {
    let stated = header.elementCount * header.element.size
    if let size = source.size, size - header.byteCount != stated {
      throw source.refusal(
        "its header states the shape \(header.shape), which is \(stated) bytes, but "
          + "\(size - header.byteCount) follow", hint: "the download or copy did not finish")
    }
    // Another order of the axes is made beside the first.
    let copies = header.isFortranOrder ? 2 : 1
    let width = header.element.isByte ? 1 : MemoryLayout<Float>.size
    guard let needed = ElementCount.of([header.elementCount, width, copies]), needed <= limit else {
      throw DatasetError(
        .memory, source.name,
        "has the shape \(header.shape), which takes more than the \(limit) bytes that are allowed")
    }
  }

  private static func floats(_ source: some ByteSource, _ header: NPYHeader) throws -> [Float] {
    let width = header.element.size
    var block = [UInt8](repeating: 0, count: min(blockSize, header.elementCount) * width)
    return try [Float](unsafeUninitializedCapacity: header.elementCount) { target, filled in
      try block.withUnsafeMutableBytes { block in
        while filled < header.elementCount {
          let count = min(blockSize, header.elementCount - filled)
          let part = UnsafeMutableRawBufferPointer(rebasing: block[..<(count * width)])
          try source.fill(part)
          header.element.decode(
            UnsafeRawBufferPointer(part),
            into: UnsafeMutableBufferPointer(rebasing: target[filled..<filled + count]))
          filled += count
        }
      }
    }
  }
}

/// Arrays whose first axis runs fastest.
private enum FortranOrder {
  /// The elements in the order in which the last axis runs fastest.
  static func inCOrder<Element>(_ elements: [Element], _ shape: [Int]) -> [Element] {
    guard shape.count > 1, !elements.isEmpty else { return elements }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var position = [Int](repeating: 0, count: shape.count)
    var offset = 0
    return [Element](unsafeUninitializedCapacity: elements.count) { target, filled in
      for index in 0..<elements.count {
        target.initializeElement(at: index, to: elements[offset])
        // Counts on, last axis first, and keeps the offset in step.
        for axis in shape.indices.reversed() {
          position[axis] += 1
          offset += strides[axis]
          if position[axis] < shape[axis] { break }
          offset -= strides[axis] * shape[axis]
          position[axis] = 0
        }
      }
      filled = elements.count
    }
  }
}
