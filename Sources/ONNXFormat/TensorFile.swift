import GraphIR

extension ONNXImporter {
  /// Reads a file that holds one `TensorProto`, such as `input_0.pb` of an ONNX test data set.
  ///
  /// The tensor is read as that of a model's only Constant node: so it goes through every check that models do.
  ///
  /// - Throws: as ``load(_:options:)`` does.
  package static func tensor(_ path: String, options: ImportOptions = ImportOptions()) throws -> Tensor {
    do {
      let file = try ModelFile.read(path, memoryLimit: options.maximumMemoryInBytes ?? ModelFile.sizeLimit)
      let frame = Frame(elementCount: file.count)
      let wrapped = try ByteBuffer(count: frame.head.count + file.count + frame.tail.count) { target in
        let parts = [frame.head, frame.tail]
        parts[0].withUnsafeBytes { target.copyMemory(from: $0) }
        UnsafeMutableRawBufferPointer(rebasing: target[frame.head.count...]).copyMemory(from: file.pointer)
        parts[1].withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[(frame.head.count + file.count)...]).copyMemory(
            from: $0)
        }
      }
      let model = try load(wrapped, options: options).model
      guard let tensor = model.graph.nodes.first?.constantTensor else {
        throw CompileError("tensor-type", "holds no tensor")
      }
      return tensor
    } catch {
      throw (error as? CompileError)?.in(file: path) ?? error
    }
  }

  /// The bytes of a model around a tensor of so many bytes.
  private struct Frame {
    let head: [UInt8]
    let tail: [UInt8]

    init(elementCount count: Int) {
      // AttributeProto: type = TENSOR, behind t.
      tail = [0xa0, 0x01, 0x04]
      let attribute = [0x0a, 0x05] + Array("value".utf8) + [0x2a] + Self.varint(count)
      let node =
        [0x12, 0x01] + Array("t".utf8) + [0x22, 0x08] + Array("Constant".utf8) + [0x2a]
        + Self.varint(attribute.count + count + tail.count) + attribute
      let graph = [0x0a] + Self.varint(node.count + count + tail.count) + node
      // ModelProto: ir_version, opset_import, graph.
      head =
        [0x08, 0x08, 0x42, 0x02, 0x10, 0x0d, 0x3a] + Self.varint(graph.count + count + tail.count) + graph
    }

    private static func varint(_ number: Int) -> [UInt8] {
      var (rest, bytes) = (number, [UInt8]())
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
  }
}
