import COnnx
import GraphIR

/// Serialises messages that the IR keeps as bytes, and the unknown fields of all others.
enum Serialization {
  /// The bytes of a message; absent for nil.
  static func opaque<Message>(_ message: UnsafeMutablePointer<Message>) -> OpaqueMessage {
    OpaqueMessage(bytes: bytes(of: message))
  }

  private static func bytes<Message>(of message: UnsafeMutablePointer<Message>) -> [UInt8] {
    message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
      let count = protobuf_c_message_get_packed_size(base)
      return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
        written = buffer.baseAddress.map { protobuf_c_message_pack(base, $0) } ?? 0
      }
    }
  }

  /// The fields of a message that the format does not name, with their tags, in file order.
  static func unknownFields(of base: ProtobufCMessage) -> [UInt8] {
    if base.n_unknown_fields == 0 { return [] }
    var bytes: [UInt8] = []
    for field in UnsafeBufferPointer(start: base.unknown_fields, count: Int(base.n_unknown_fields)) {
      appendVarint(UInt64(field.tag) << 3 | UInt64(field.wire_type.rawValue), to: &bytes)
      bytes += UnsafeBufferPointer(start: field.data, count: field.len)
    }
    return bytes
  }

  /// A number in seven-bit groups, the lowest first.
  static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A length-delimited field, with its tag and length.
  static func appendField(_ number: Int, _ content: [UInt8], to bytes: inout [UInt8]) {
    appendVarint(UInt64(number) << 3 | UInt64(WireType.lengthDelimited.rawValue), to: &bytes)
    appendVarint(UInt64(content.count), to: &bytes)
    bytes += content
  }
}

extension MessageArena {
  /// A message that the IR kept as bytes.
  ///
  /// - Throws: `opaque-message`, a defect of this program: the bytes came from protobuf-c.
  func unpack<Message>(
    _ opaque: OpaqueMessage, _ initialize: (UnsafeMutablePointer<Message>) -> Void
  ) throws -> UnsafeMutablePointer<Message> {
    let descriptor = MessageSchema.descriptor(of: initialize)
    let message = withAllocator { allocator in
      opaque.bytes.withUnsafeBufferPointer {
        protobuf_c_message_unpack(descriptor, allocator, $0.count, $0.baseAddress)
      }
    }
    guard let message else {
      throw CompileError(
        "opaque-message", "a \(String(cString: descriptor.pointee.short_name)) does not unpack",
        exit: .internal)
    }
    return UnsafeMutableRawPointer(message).assumingMemoryBound(to: Message.self)
  }

  /// Gives a message the unknown fields that the IR kept as bytes.
  func setUnknownFields(_ bytes: [UInt8], of base: inout ProtobufCMessage) throws {
    if bytes.isEmpty { return }
    var fields: [ProtobufCMessageUnknownField] = []
    do {
      try bytes.withUnsafeBytes { raw in
        var reader = WireReader(raw, range: 0..<raw.count)
        while reader.position < raw.count {
          let (number, type) = try reader.tag()
          let start = reader.position
          try reader.skipValue(type)
          let value = binary([UInt8](raw[start..<reader.position]))
          fields.append(
            ProtobufCMessageUnknownField(
              tag: UInt32(number), wire_type: ProtobufCWireType(UInt32(type.rawValue)), len: value.len,
              data: value.data))
        }
      }
    } catch {
      throw CompileError("opaque-message", "unknown fields do not parse", exit: .internal)
    }
    base.n_unknown_fields = UInt32(fields.count)
    base.unknown_fields = array(fields) { $0 }
  }
}
