import GraphIR

/// One pass over a model's bytes before anything is unpacked, without recursion: what protobuf-c 1.4 would follow to
/// a crash, to quadratic time or to silently cut names is refused here, with its place in the file.
///
/// It also writes the ``Skeleton``: the same message with every tensor's elements left in the file's buffer.
///
/// - SeeAlso: <https://protobuf.dev/programming-guides/encoding/>
struct WireScan {
  /// Nested messages that a file may have, as in Google's implementations.
  static let depthLimit = 100

  struct Result {
    var skeleton: Skeleton
    /// Bytes that unpacking and the IR are going to take, without the file's own.
    var memoryEstimate: Int
    var unknownFields: [UnknownField]
  }

  /// A field that schemas/onnx.proto does not name: it is kept, and the user is told.
  struct UnknownField: Hashable {
    let message: String
    let number: Int
  }

  private struct Frame {
    let kind: Int
    /// Of this message in the one around it.
    let field: Int
    let end: Int
    /// Singular message fields that came by already, one bit each.
    var seen: UInt32 = 0
    /// Where the skeleton has the length to fill in; nil where the message is copied as it is.
    let lengthSlot: Int?
    /// The typed elements of this tensor stay in the file, in place of `raw_data`.
    let liftsTypedData: Bool
  }

  private let schema: MessageSchema
  private let bytes: UnsafeRawBufferPointer
  private let memoryLimit: Int
  private var reader: WireReader
  private var frames: [Frame] = []
  private var skeleton = Skeleton()
  /// The input from here on has not been copied to the skeleton yet.
  private var copyFrom = 0
  private var memoryEstimate = 0
  private var unknownFields: Set<UnknownField> = []

  /// Scans a serialised `ModelProto`.
  ///
  /// - Parameter memoryLimit: bytes that ``Result/memoryEstimate`` may reach.
  /// - Throws: `wire-…` (rejected) with offset and field path; `memory-limit` (resources).
  static func run(_ bytes: UnsafeRawBufferPointer, memoryLimit: Int) throws -> Result {
    var scan = WireScan(bytes, memoryLimit: memoryLimit)
    do {
      try scan.scan()
    } catch {
      throw scan.describe(error)
    }
    let unknown = scan.unknownFields.sorted { ($0.message, $0.number) < ($1.message, $1.number) }
    return Result(skeleton: scan.skeleton, memoryEstimate: scan.memoryEstimate, unknownFields: unknown)
  }

  private init(_ bytes: UnsafeRawBufferPointer, memoryLimit: Int) {
    schema = .onnx
    self.bytes = bytes
    self.memoryLimit = memoryLimit
    reader = WireReader(bytes, range: 0..<bytes.count)
    frames.reserveCapacity(Self.depthLimit + 1)
  }

  private mutating func scan() throws(WireFault) {
    frames.append(
      Frame(kind: MessageSchema.model, field: 0, end: bytes.count, lengthSlot: nil, liftsTypedData: false))
    while let frame = frames.last {
      if reader.position < frame.end {
        try scanField(of: frame)
      } else {
        leave(frame)
      }
    }
    copy(upTo: bytes.count)
  }

  private mutating func scanField(of frame: Frame) throws(WireFault) {
    let start = reader.position
    let (number, type) = try reader.tag()
    let field =
      number < MessageSchema.fieldLimit
      ? schema.fields[frame.kind * MessageSchema.fieldLimit + number] : MessageSchema.Field()
    switch (field.shape, type) {
    case (.message, .lengthDelimited):
      try enter(field, number: number)
    case (.text, .lengthDelimited):
      let range = try reader.lengthDelimited()
      if let fault = textFault(in: UnsafeRawBufferPointer(rebasing: bytes[range])) {
        throw WireFault.invalidText(field: number, fault)
      }
      try account(range.count + MemoryEstimate.string)
      reader.position = range.upperBound
    case (.bytes, .lengthDelimited):
      let tagEnd = reader.position
      let range = try reader.lengthDelimited()
      if frame.kind == schema.tensor, number == TensorField.rawData {
        copy(upTo: tagEnd)
        lift(Skeleton.Payload(kind: .raw, range: range))
      } else {
        try account(2 * range.count + MemoryEstimate.string)
      }
      reader.position = range.upperBound
    case (.varint, .varint), (.fixed32, .fixed32), (.fixed64, .fixed64):
      try reader.skipValue(type)
      try account(MemoryEstimate.scalar)
    case (.varint, .lengthDelimited), (.fixed32, .lengthDelimited), (.fixed64, .lengthDelimited):
      guard field.isRepeated else { throw WireFault.wrongWireType(field: number, found: type) }
      try scanPacked(field, number: number, start: start, liftable: frame.liftsTypedData)
    case (_, .groupStart), (_, .groupEnd):
      throw WireFault.group
    case (.unknown, _):
      try reader.skipValue(type)
      try account(2 * (reader.position - start) + MemoryEstimate.unknownField)
      if unknownFields.count < 1000 {
        unknownFields.insert(UnknownField(message: schema.kinds[frame.kind].name, number: number))
      }
    default:
      throw WireFault.wrongWireType(field: number, found: type)
    }
  }

  private mutating func enter(_ field: MessageSchema.Field, number: Int) throws(WireFault) {
    if !field.isRepeated {
      let bit: UInt32 = 1 << UInt32(number)
      if frames[frames.count - 1].seen & bit != 0 { throw WireFault.repeatedSingular(field: number) }
      frames[frames.count - 1].seen |= bit
    }
    guard frames.count <= Self.depthLimit else { throw WireFault.tooDeep }
    let tagEnd = reader.position
    let range = try reader.lengthDelimited()
    let child = Int(field.child)
    try account(schema.kinds[child].structSize + MemoryEstimate.message)
    var slot: Int?
    if schema.kinds[child].canHoldTensors {
      copy(upTo: tagEnd)
      slot = skeleton.openLength()
      copyFrom = range.lowerBound
    }
    let lifts = child == schema.tensor && TensorField.typedDataCanBeLifted(bytes, range)
    frames.append(
      Frame(kind: child, field: number, end: range.upperBound, lengthSlot: slot, liftsTypedData: lifts))
    reader.limit = range.upperBound
  }

  private mutating func leave(_ frame: Frame) {
    if let slot = frame.lengthSlot {
      copy(upTo: frame.end)
      skeleton.closeLength(at: slot)
    }
    frames.removeLast()
    if let outer = frames.last { reader.limit = outer.end }
  }

  /// A packed run of scalars: its elements have to fill it exactly.
  private mutating func scanPacked(
    _ field: MessageSchema.Field, number: Int, start: Int, liftable: Bool
  ) throws(WireFault) {
    let range = try reader.lengthDelimited()
    var count = 0
    switch field.shape {
    case .varint:
      let limit = reader.limit
      reader.limit = range.upperBound
      while reader.position < range.upperBound {
        _ = try reader.varint()
        count += 1
      }
      reader.limit = limit
    default:
      guard range.count % Int(field.elementSize) == 0 else {
        throw WireFault.raggedPacked(field: number, count: range.count)
      }
      count = range.count / Int(field.elementSize)
      reader.position = range.upperBound
    }
    if liftable, number == TensorField.floatData || number == TensorField.doubleData {
      copy(upTo: start)
      skeleton.append(TensorField.rawDataTag)
      lift(Skeleton.Payload(kind: number == TensorField.floatData ? .floatData : .doubleData, range: range))
    } else {
      try account(2 * count * Int(field.elementSize) + MemoryEstimate.scalar)
    }
  }

  private mutating func lift(_ payload: Skeleton.Payload) {
    skeleton.appendIndex(of: payload)
    copyFrom = payload.range.upperBound
  }

  private mutating func copy(upTo end: Int) {
    skeleton.append(UnsafeRawBufferPointer(rebasing: bytes[copyFrom..<end]))
    copyFrom = end
  }

  private mutating func account(_ count: Int) throws(WireFault) {
    memoryEstimate += count
    if memoryEstimate > memoryLimit {
      throw WireFault.tooMuchMemory(estimate: memoryEstimate, limit: memoryLimit)
    }
  }

  private func describe(_ fault: WireFault) -> CompileError {
    var path: [String] = []
    for (outer, inner) in zip(frames, frames.dropFirst()) {
      path.append(schema.kinds[outer.kind].fieldNames[inner.field] ?? "\(inner.field)")
    }
    let message = frames.last.map { schema.kinds[$0.kind] }
    return fault.error(at: reader.position, path: path, inside: message)
  }
}

/// Bytes that things take in memory: in protobuf-c's structures while unpacking, and in the IR afterwards.
enum MemoryEstimate {
  /// A message besides its C structure: pointers to it, the scanner's notes, its counterpart in the IR and in what is
  /// derived from that, and its C structure again for the result.
  static let message = 1024
  static let string = 64
  static let scalar = 48
  static let unknownField = 128
}
