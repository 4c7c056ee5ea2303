import GraphIR
import ONNXFormat

/// Protobuf messages written by hand, so that a test can say anything that bytes can say.
struct Proto {
  var bytes: [UInt8] = []

  init() {}

  init(_ build: (inout Proto) -> Void) { build(&self) }

  mutating func raw(_ more: [UInt8]) { bytes += more }

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func tag(_ field: Int, _ type: Int) { varint(UInt64(field << 3 | type)) }

  mutating func int(_ field: Int, _ value: Int64) {
    tag(field, 0)
    varint(UInt64(bitPattern: value))
  }

  mutating func bytes(_ field: Int, _ content: [UInt8]) {
    tag(field, 2)
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func text(_ field: Int, _ content: String) { bytes(field, Array(content.utf8)) }

  mutating func message(_ field: Int, _ content: Proto) { bytes(field, content.bytes) }

  mutating func message(_ field: Int, _ build: (inout Proto) -> Void) { message(field, Proto(build)) }

  var buffer: ByteBuffer {
    get throws { try Bytes(copying: bytes).buffer }
  }
}

extension Proto {
  /// A `NodeProto`.
  static func node(
    _ op: String, _ inputs: [String], _ outputs: [String], _ more: (inout Proto) -> Void = { _ in }
  )
    -> Proto
  {
    Proto { node in
      for input in inputs { node.text(1, input) }
      for output in outputs { node.text(2, output) }
      node.text(4, op)
      more(&node)
    }
  }

  /// A `TensorProto`.
  static func tensor(
    _ name: String, dims: [Int64] = [2], type: Int64? = 1, raw: [UInt8]? = [UInt8](repeating: 0, count: 8),
    _ more: (inout Proto) -> Void = { _ in }
  ) -> Proto {
    Proto { tensor in
      for dim in dims { tensor.int(1, dim) }
      if let type { tensor.int(2, type) }
      tensor.text(8, name)
      if let raw { tensor.bytes(9, raw) }
      more(&tensor)
    }
  }

  /// A `TensorProto` whose elements are in another file.
  static func external(_ name: String, dims: [Int64] = [2], _ entries: [(String, String)]) -> Proto {
    tensor(name, dims: dims, raw: nil) { tensor in
      for (key, value) in entries {
        tensor.message(13) { entry in
          entry.text(1, key)
          entry.text(2, value)
        }
      }
      tensor.int(14, 1)
    }
  }

  /// A `GraphProto` with one input `x` and one output `y`.
  static func graph(_ nodes: [Proto], initializers: [Proto] = [], _ more: (inout Proto) -> Void = { _ in })
    -> Proto
  {
    Proto { graph in
      for node in nodes { graph.message(1, node) }
      graph.text(2, "g")
      for tensor in initializers { graph.message(5, tensor) }
      graph.message(11) { $0.text(1, "x") }
      graph.message(12) { $0.text(1, "y") }
      more(&graph)
    }
  }

  /// A `ModelProto` of IR version 10 and opset 20.
  static func model(_ graph: Proto, _ more: (inout Proto) -> Void = { _ in }) -> Proto {
    Proto { model in
      model.int(1, 10)
      model.message(8) { $0.int(2, 20) }
      model.message(7, graph)
      more(&model)
    }
  }

  /// The smallest model: y = Relu(x).
  static let relu = model(graph([node("Relu", ["x"], ["y"])]))
}

/// The error that reading a model gives; nil where it is read.
func rejection(_ model: Proto, options: ImportOptions = ImportOptions()) throws -> CompileError? {
  do {
    _ = try ONNXImporter.load(model.buffer, options: options)
    return nil
  } catch let error as CompileError {
    return error
  }
}
