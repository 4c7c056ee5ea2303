import GraphIR
import ONNXFormat
import Testing

/// What the bytes of a file must be before anything of them is unpacked.
@Suite struct WireTests {
  @Test func theSmallestModelIsRead() throws {
    let imported = try ONNXImporter.load(Proto.relu.buffer)
    #expect(imported.model.graph.nodes.map(\.opType) == ["Relu"])
    #expect(imported.notes.isEmpty)
  }

  @Test func anEmptyFileIsRejected() throws {
    #expect(try rejection(Proto())?.code == "empty-file")
  }

  @Test func aFileCutAtAnyByteIsRejectedOrEndsBetweenFields() throws {
    let whole = Proto.relu.bytes
    var model = Proto()
    model.int(1, 10)
    var boundaries = [model.bytes.count]
    model.message(8) { $0.int(2, 20) }
    boundaries.append(model.bytes.count)
    for count in 1..<whole.count {
      var cut = Proto()
      cut.raw(Array(whole[..<count]))
      let code = try rejection(cut)?.code ?? "none"
      #expect(code == (boundaries.contains(count) ? "no-graph" : "wire-truncated"))
    }
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "Git LFS"),
    ("ir_version: 8\ngraph {\n  node {\n", "text"), ("<!DOCTYPE html><html></html>", "text"),
  ])
  func textIsNamed(content: String, what: String) throws {
    let error = try rejection(Proto { $0.raw(Array(content.utf8)) })
    #expect(error?.code == "not-onnx")
    #expect(error?.message.contains(what) == true)
  }

  @Test(
    arguments: [
      ([0x50, 0x4b, 0x03, 0x04, 0, 0], ".pth"), ([0x1f, 0x8b, 0x08, 0], "gzip"),
      ([0x18, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d, 0, 0], ".ort"),
      ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a], "HDF5"),
      ([12, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0x61, 0x22, 0x3a, 1, 2, 3], "safetensors"),
      ([0x80, 0x02, 0x8a, 0x0a, 0x6c], "pickle"), ([0x47, 0x47, 0x55, 0x46, 3], "GGUF"),
    ] as [([UInt8], String)])
  func otherFormatsAreNamed(content: [UInt8], what: String) throws {
    let error = try rejection(Proto { $0.raw(content) })
    #expect(error?.code == "not-onnx")
    #expect(error?.message.contains(what) == true)
  }

  @Test func graphsNestedBeyondTheLimitAreRejected() throws {
    var graph = Proto.graph([])
    for _ in 0..<3000 {
      graph = .graph([
        Proto { node in
          node.text(4, "If")
          node.message(5) { attribute in
            attribute.text(1, "g")
            attribute.message(6, graph)
          }
        }
      ])
    }
    #expect(try rejection(.model(graph))?.code == "wire-depth")
  }

  @Test func typesNestedBeyondTheLimitAreRejected() throws {
    var type = Proto()
    for _ in 0..<9000 {
      let inner = type
      type = Proto { $0.message(4) { $0.message(1, inner) } }
    }
    let graph = Proto.graph([]) { $0.message(13) { $0.message(2, type) } }
    #expect(try rejection(.model(graph))?.code == "wire-depth")
  }

  @Test(arguments: [1, 5])
  func millionsOfEmptyMessagesMeetTheMemoryLimit(field: Int) throws {
    var graph = Proto()
    for _ in 0..<2_000_000 { graph.raw([UInt8(field << 3 | 2), 0]) }
    let error = try rejection(.model(graph), options: ImportOptions(maximumMemoryInBytes: 100_000_000))
    #expect(error?.code == "memory-limit")
    #expect(error?.exit == .resources)
  }

  @Test func aFileLargerThanTheMemoryLimitIsRefusedAsResources() throws {
    let error = try rejection(.relu, options: ImportOptions(maximumMemoryInBytes: 1))
    #expect(error?.exit == .resources)
  }

  @Test func aSingularMessageThatRepeatsIsRejected() throws {
    var model = Proto.relu
    for _ in 0..<128_000 { model.message(7, Proto()) }
    #expect(try rejection(model)?.code == "wire-duplicate")
  }

  @Test(
    arguments: [
      ("a length past the end", [0x72, 0x7f, 0x00], "wire-truncated"),
      (
        "a length of 2^63", [0x72, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "wire-varint"
      ),
      ("a varint of eleven bytes", [0x08] + [UInt8](repeating: 0x80, count: 10) + [0x00], "wire-varint"),
      ("a varint beyond 64 bits", [0x08] + [UInt8](repeating: 0xff, count: 9) + [0x02], "wire-varint"),
      ("a varint without end", [0x08, 0x80], "wire-truncated"), ("tag 0", [0x00, 0x00], "wire-tag"),
      ("a tag of six bytes", [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01], "wire-tag"),
      ("a group", [0x0b, 0x0c], "wire-group"), ("an unknown group", [0xf3, 0x01, 0xf4, 0x01], "wire-group"),
      ("wire type 6", [0x0e], "wire-tag"), ("wire type 7", [0x0f], "wire-tag"),
      ("half a fixed number", [0x65, 0x00], "wire-truncated"),
    ] as [(String, [UInt8], String)])
  func brokenPrimitivesAreRejected(what: String, tail: [UInt8], code: String) throws {
    let error = try rejection(Proto { $0.raw(Proto.relu.bytes + tail) })
    #expect(error?.code == code, "\(what)")
    #expect(error?.place?.contains("byte") == true)
  }

  @Test func aFieldOfTheWrongWireTypeIsRejected() throws {
    #expect(try rejection(Proto { $0.text(1, "ten") })?.code == "wire-type")
    #expect(try rejection(Proto { $0.int(7, 1) })?.code == "wire-type")
    #expect(try rejection(.model(.graph([Proto { $0.int(4, 1) }])))?.code == "wire-type")
  }

  @Test func packedAndSingleNumbersAreTheSame() throws {
    let single = Proto.tensor("w", dims: [2, 1])
    let packed = Proto.tensor("w", dims: []) { $0.bytes(1, [2, 1]) }
    let read = try [single, packed].map {
      try ONNXImporter.load(Proto.model(.graph([.node("Relu", ["x"], ["y"])], initializers: [$0])).buffer)
        .model
    }
    #expect(read[0] == read[1])
  }

  @Test func aPackedRunThatEndsInAnElementIsRejected() throws {
    let tensor = Proto.tensor("w", raw: nil) { $0.bytes(4, [1, 2, 3]) }
    #expect(try rejection(.model(.graph([], initializers: [tensor])))?.code == "wire-packed")
  }

  @Test(
    arguments: [[0x61, 0x00, 0x62], [0xff, 0xfe], [0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x00]]
      as [[UInt8]])
  func namesWithNULOrInvalidUTF8AreRejected(name: [UInt8]) throws {
    let node = Proto { node in
      node.bytes(3, name)
      node.text(4, "Relu")
    }
    let error = try rejection(.model(.graph([node])))
    #expect(error?.code == "wire-text")
    #expect(error?.place?.contains("graph.node") == true)
  }

  @Test func namesBeyondASCIIAreKeptByteByByte() throws {
    let composed = "\u{e9}"
    let decomposed = "e\u{301}"
    let model = Proto.model(
      .graph([.node("Relu", ["x"], [composed]), .node("Neg", [composed], [decomposed, "y"])]))
    let read = try ONNXImporter.load(model.buffer).model
    #expect(try ONNXExporter.bytes(of: read) == ordered(model.buffer))
  }

  @Test func unknownFieldsAreKeptAndNoted() throws {
    var model = Proto.relu
    model.int(99, 5)
    model.text(500, "later")
    let imported = try ONNXImporter.load(model.buffer)
    #expect(imported.notes.map(\.code) == ["unknown-field"])
    let again = try ONNXImporter.load(Bytes(copying: ONNXExporter.bytes(of: imported.model)).buffer)
    #expect(again.model == imported.model)
    #expect(again.model.unknownFields.count == 3 + 8)
  }

  /// What an export of the same model gives: fields in the order of their numbers.
  private func ordered(_ buffer: ByteBuffer) throws -> [UInt8] {
    try ONNXExporter.bytes(of: ONNXImporter.load(buffer).model)
  }
}
