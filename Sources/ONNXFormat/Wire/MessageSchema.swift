import COnnx

/// What the ONNX format says of each of its messages, as tables for the wire scan.
///
/// Read from the descriptors that protoc-c generated, so that schemas/onnx.proto stays the one place that states
/// them. A message kind is a small number; kind 0 is `ModelProto`.
struct MessageSchema: Sendable {
  /// How a field's value lies on the wire.
  enum Shape: UInt8 {
    case unknown, varint, fixed32, fixed64, bytes, text, message
  }

  struct Field {
    var shape = Shape.unknown
    var isRepeated = false
    /// Bytes of one element of a repeated scalar in memory.
    var elementSize: UInt8 = 0
    /// The message kind of a `.message`.
    var child: UInt8 = 0
  }

  /// A field, somewhere inside which a `TensorProto` can lie, by its place in the C structure.
  struct TensorPath {
    let offset: Int
    /// Where the count of a repeated field is; nil for a singular one.
    let countOffset: Int?
    let child: Int
  }

  struct Kind {
    let name: String
    /// Bytes of the C structure.
    let structSize: Int
    /// Names by field number, for diagnostics.
    var fieldNames: [Int: String] = [:]
    var tensorPaths: [TensorPath] = []
    /// Whether a `TensorProto` is this message or can lie inside it.
    var canHoldTensors = false
  }

  /// ONNX's field numbers are below this.
  static let fieldLimit = 32
  static let model = 0

  let kinds: [Kind]
  /// By the descriptor's address.
  private let kindOf: [UInt: Int]
  let tensor: Int
  /// `fieldLimit` entries a kind, by field number.
  let fields: [Field]

  static let onnx = MessageSchema(
    root: descriptor(of: onnx__model_proto__init), tensor: descriptor(of: onnx__tensor_proto__init))

  private typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

  /// The descriptor that a generated initializer puts into its structure.
  static func descriptor<Message>(
    of initialize: (UnsafeMutablePointer<Message>) -> Void
  ) -> UnsafePointer<ProtobufCMessageDescriptor> {
    let message = UnsafeMutablePointer<Message>.allocate(capacity: 1)
    defer { message.deallocate() }
    initialize(message)
    return UnsafeRawPointer(message).load(as: ProtobufCMessage.self).descriptor
  }

  /// The kind of the message that a generated initializer makes.
  func kind<Message>(of initialize: (UnsafeMutablePointer<Message>) -> Void) -> Int {
    guard let kind = kindOf[UInt(bitPattern: Self.descriptor(of: initialize))] else {
      preconditionFailure("not a message of a model")
    }
    return kind
  }

  private init(root: Descriptor, tensor tensorDescriptor: Descriptor) {
    var order: [Descriptor] = [root]
    var kindOf: [UInt: Int] = [UInt(bitPattern: root): 0]
    var kinds: [Kind] = []
    var fields: [Field] = []
    while kinds.count < order.count {
      let descriptor = order[kinds.count].pointee
      var kind = Kind(name: String(cString: descriptor.short_name), structSize: descriptor.sizeof_message)
      var row = [Field](repeating: Field(), count: Self.fieldLimit)
      for field in UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields)) {
        precondition(field.id < Self.fieldLimit, "the format grew: raise fieldLimit")
        kind.fieldNames[Int(field.id)] = String(cString: field.name)
        var entry = Self.scalar(field.type)
        entry.isRepeated = field.label == PROTOBUF_C_LABEL_REPEATED
        if field.type == PROTOBUF_C_TYPE_MESSAGE {
          let child = field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
          let address = UInt(bitPattern: child)
          if kindOf[address] == nil {
            kindOf[address] = order.count
            order.append(child)
          }
          entry.child = UInt8(kindOf[address] ?? 0)
          kind.tensorPaths.append(
            TensorPath(
              offset: Int(field.offset), countOffset: entry.isRepeated ? Int(field.quantifier_offset) : nil,
              child: Int(entry.child)))
        }
        row[Int(field.id)] = entry
      }
      kinds.append(kind)
      fields += row
    }
    let tensor = kindOf[UInt(bitPattern: tensorDescriptor)] ?? 0
    kinds[tensor].canHoldTensors = true
    var grew = true
    while grew {
      grew = false
      for index in kinds.indices where !kinds[index].canHoldTensors {
        guard kinds[index].tensorPaths.contains(where: { kinds[$0.child].canHoldTensors }) else { continue }
        kinds[index].canHoldTensors = true
        grew = true
      }
    }
    let canHoldTensors = kinds.map(\.canHoldTensors)
    for index in kinds.indices {
      kinds[index].tensorPaths.removeAll { !canHoldTensors[$0.child] }
    }
    self.kinds = kinds
    self.kindOf = kindOf
    self.tensor = tensor
    self.fields = fields
  }

  private static func scalar(_ type: ProtobufCType) -> Field {
    switch type {
    case PROTOBUF_C_TYPE_MESSAGE: Field(shape: .message)
    case PROTOBUF_C_TYPE_STRING: Field(shape: .text)
    case PROTOBUF_C_TYPE_BYTES: Field(shape: .bytes)
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32:
      Field(shape: .fixed32, elementSize: 4)
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64:
      Field(shape: .fixed64, elementSize: 8)
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_SINT64:
      Field(shape: .varint, elementSize: 8)
    default: Field(shape: .varint, elementSize: 4)
    }
  }
}
