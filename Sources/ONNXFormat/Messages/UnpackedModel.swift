import COnnx
import GraphIR

/// A file's `ModelProto` as protobuf-c's structures, whose tensors point into the file's own buffer.
///
/// Lives as long as the import; what the IR keeps is copied out of it, except for tensor elements, which the IR views
/// in the buffer.
final class UnpackedModel {
  let message: UnsafeMutablePointer<Onnx__ModelProto>
  let file: ByteBuffer
  private let arena: MessageArena

  /// Unpacks the skeleton of `file` and points its tensors at their elements.
  ///
  /// - Throws: `memory-limit` (resources) beyond `memoryLimit` bytes; `wire-unpack` for what protobuf-c refuses.
  init(_ skeleton: Skeleton, of file: ByteBuffer, memoryLimit: Int) throws {
    let arena = MessageArena(limit: memoryLimit)
    let unpacked = arena.withAllocator { allocator in
      protobuf_c_message_unpack(
        MessageSchema.descriptor(of: onnx__model_proto__init), allocator, skeleton.bytes.count,
        skeleton.bytes.pointer.bindMemory(to: UInt8.self).baseAddress)
    }
    guard let unpacked else {
      if arena.isExhausted {
        throw CompileError(
          "memory-limit", "unpacking the model needs more than the \(memoryLimit) bytes that are left",
          exit: .resources, hint: "raise --max-memory if the file is to be trusted")
      }
      throw CompileError("wire-unpack", "protobuf-c cannot unpack the model")
    }
    message = UnsafeMutableRawPointer(unpacked).assumingMemoryBound(to: Onnx__ModelProto.self)
    self.file = file
    self.arena = arena
    Self.forEachTensor(in: UnsafeMutableRawPointer(unpacked), kind: MessageSchema.model) {
      Self.restorePayload(of: $0, skeleton.payloads, file)
    }
  }

  /// Calls `body` with every `TensorProto` that a message is or contains, at any depth.
  private static func forEachTensor(
    in message: UnsafeMutableRawPointer, kind: Int,
    _ body: (UnsafeMutablePointer<Onnx__TensorProto>) throws -> Void
  ) rethrows {
    if kind == MessageSchema.onnx.tensor { try body(message.assumingMemoryBound(to: Onnx__TensorProto.self)) }
    for path in MessageSchema.onnx.kinds[kind].tensorPaths {
      if let countOffset = path.countOffset {
        let count = message.load(fromByteOffset: countOffset, as: Int.self)
        let children = message.load(
          fromByteOffset: path.offset, as: UnsafeMutablePointer<UnsafeMutableRawPointer>?.self)
        for child in UnsafeBufferPointer(start: children, count: count) {
          try forEachTensor(in: child, kind: path.child, body)
        }
      } else if let child = message.load(fromByteOffset: path.offset, as: UnsafeMutableRawPointer?.self) {
        try forEachTensor(in: child, kind: path.child, body)
      }
    }
  }

  /// Checks that a message which is kept serialised refers to no other file: its output could not be published.
  ///
  /// - Throws: `external-place`, naming the place as `place` has it.
  func refuseExternalData<Message>(
    in message: UnsafeMutablePointer<Message>, as initialize: (UnsafeMutablePointer<Message>) -> Void,
    _ place: String
  ) throws {
    try Self.forEachTensor(in: message, kind: MessageSchema.onnx.kind(of: initialize)) { tensor in
      guard tensor.pointee.has_data_location != 0,
        tensor.pointee.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
      else { return }
      throw CompileError(
        "external-place", "\(place) has a tensor with external data",
        hint: "convert that tensor to raw_data with onnx.external_data_helper")
    }
  }

  /// Puts a pointer into the file in place of the index that the scan left.
  private static func restorePayload(
    of tensor: UnsafeMutablePointer<Onnx__TensorProto>, _ payloads: [Skeleton.Payload], _ file: ByteBuffer
  ) {
    guard tensor.pointee.has_raw_data != 0, let index = tensor.pointee.raw_data.data else { return }
    let payload = payloads[Int(UnsafeRawPointer(index).loadUnaligned(as: UInt64.self))]
    guard let base = file.pointer.baseAddress else { return }
    let start = UnsafeMutableRawPointer(mutating: base + payload.range.lowerBound)
    if payload.kind == .raw {
      tensor.pointee.raw_data.data = start.assumingMemoryBound(to: UInt8.self)
      tensor.pointee.raw_data.len = payload.range.count
      return
    }
    tensor.pointee.has_raw_data = 0
    tensor.pointee.raw_data = ProtobufCBinaryData(len: 0, data: nil)
    if payload.kind == .floatData {
      tensor.pointee.n_float_data = payload.range.count / 4
      tensor.pointee.float_data = start.assumingMemoryBound(to: Float.self)
    } else {
      tensor.pointee.n_double_data = payload.range.count / 8
      tensor.pointee.double_data = start.assumingMemoryBound(to: Double.self)
    }
  }

  /// `count` bytes at `start`: a view of the file where they lie in it, a copy where protobuf-c decoded them.
  func bytes(at start: UnsafeRawPointer?, count: Int) throws -> Bytes {
    if let start, let base = file.pointer.baseAddress {
      let offset = Int(bitPattern: start) &- Int(bitPattern: base)
      if offset >= 0, offset <= file.count, count <= file.count - offset {
        return Bytes(file, offset..<offset + count)
      }
    }
    return try Bytes(count: count) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
  }
}
