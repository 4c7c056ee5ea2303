import COnnx
import GraphIR

/// A repeated message field of a C structure as a collection.
func messages<Message>(
  _ count: Int, _ array: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
) -> some RandomAccessCollection<UnsafeMutablePointer<Message>> {
  // protobuf-c leaves no gap in an array that it unpacked.
  UnsafeBufferPointer(start: array, count: array == nil ? 0 : count).lazy.map { $0.unsafelyUnwrapped }
}

/// A repeated string field of a C structure.
func strings(_ count: Int, _ array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
  UnsafeBufferPointer(start: array, count: array == nil ? 0 : count).map { text($0) ?? "" }
}

/// An optional string field; the wire scan has checked that it is UTF-8.
func text(_ string: UnsafeMutablePointer<CChar>?) -> String? {
  string.map { String(cString: $0) }
}

/// The content of a `bytes` field.
func array(_ binary: ProtobufCBinaryData) -> [UInt8] {
  Array(UnsafeBufferPointer(start: binary.data, count: binary.data == nil ? 0 : binary.len))
}

/// A repeated number field.
func numbers<Number>(_ count: Int, _ array: UnsafeMutablePointer<Number>?) -> [Number] {
  Array(UnsafeBufferPointer(start: array, count: array == nil ? 0 : count))
}

/// Metadata, bindings, external data: a list of entries.
func entries(
  _ count: Int, _ array: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
) -> [StringEntry] {
  messages(count, array).map { message in
    var entry = StringEntry(key: text(message.pointee.key), value: text(message.pointee.value))
    entry.unknownFields = Serialization.unknownFields(of: message.pointee.base)
    return entry
  }
}
