import Foundation
import GraphIR
import ONNXFormat
import TestSupport
import Testing

/// Weights in files beside the model: where they may be, and what is read and written.
@Suite struct ExternalDataTests {
  private static let weights: [UInt8] = (0..<64).map { $0 }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("w.data", Self.weights)
  }

  private func model(_ entries: [(String, String)]) -> Proto {
    .model(
      .graph([.node("Add", ["x", "w"], ["y"])], initializers: [.external("w", dims: [2], entries)]))
  }

  private func load(_ model: Proto) throws -> ImportedModel {
    try folder.write("model.onnx", model.bytes)
    return try ONNXImporter.load(folder["model.onnx"])
  }

  private func rejection(_ entries: [(String, String)]) throws -> String? { try rejection(model(entries)) }

  private func rejection(_ model: Proto) throws -> String? {
    do {
      _ = try load(model)
      return nil
    } catch let error as CompileError {
      #expect(error.exit == .rejected)
      #expect(error.file == folder["model.onnx"])
      return error.code
    }
  }

  @Test func aRangeOfAFileIsRead() throws {
    let model = try load(model([("location", "./w.data"), ("offset", "8"), ("length", "8")])).model
    let tensor = try #require(model.graph[model.graph.initializers[0]].initializer)
    #expect(tensor.bytes?.elements(as: UInt8.self) == Array(Self.weights[8..<16]))
    guard case .external(let reference, _) = tensor.payload else {
      Issue.record("the tensor has to remember that it was external")
      return
    }
    #expect(reference["location"] == "./w.data")
  }

  @Test(arguments: [
    "../w.data", "sub/../../w.data", "/etc/passwd", "", ".", "sub/", "..\\w.data", "C:/w.data", "C:\\w.data",
    "..",
  ])
  func aLocationStaysBeneathTheModelsFolder(location: String) throws {
    #expect(try rejection([("location", location)]) == "external-path")
  }

  @Test func aLocationIsStated() throws {
    #expect(try rejection([("offset", "0")]) == "external-path")
    #expect(try rejection([("location", "w.data"), ("location", "w.data")]) == "external-key")
  }

  @Test func linksFoldersAndDevicesAreNotFollowed() throws {
    let files = FileManager.default
    try files.createDirectory(atPath: folder["real"], withIntermediateDirectories: true)
    try folder.write("real/w.data", Self.weights)
    try files.createSymbolicLink(atPath: folder["link.data"], withDestinationPath: "w.data")
    try files.createSymbolicLink(atPath: folder["linked"], withDestinationPath: "real")
    try files.createSymbolicLink(atPath: folder["null"], withDestinationPath: "/dev/null")
    #expect(mkfifo(folder["fifo"], 0o600) == 0)
    for location in ["link.data", "linked/w.data", "null", "fifo", "real"] {
      #expect(try rejection([("location", location)]) == "external-file", "\(location)")
    }
    #expect(try rejection([("location", "real/w.data")]) == nil)
    try files.linkItem(atPath: folder["w.data"], toPath: folder["second-name"])
    #expect(try rejection([("location", "w.data")]) == "external-file")
  }

  @Test(arguments: [
    ("-1", "8"), ("x", "8"), ("", "8"), (" 0", "8"), ("+0", "8"), ("0", "-8"), ("0", "8.0"), ("57", "8"),
    ("9223372036854775807", "8"), ("99999999999999999999", "8"), ("0", "9223372036854775807"), ("0", "4"),
    ("0", "16"), ("18446744073709551608", "8"),
  ])
  func offsetAndLengthFitTheFileAndTheTensor(offset: String, length: String) throws {
    #expect(
      try rejection([("location", "w.data"), ("offset", offset), ("length", length)]) == "external-range")
  }

  @Test func aTensorWithoutALengthTakesWhatItsDimsSay() throws {
    #expect(try rejection([("location", "w.data"), ("offset", "56")]) == nil)
    #expect(try rejection([("location", "w.data"), ("offset", "57")]) == "external-range")
  }

  @Test func unknownKeysAreNoted() throws {
    #expect(
      try load(model([("location", "w.data"), ("colour", "blue")])).notes.map(\.code) == ["external-key"])
  }

  @Test func addressesOfAnotherProcessAreRejected() throws {
    #expect(try rejection([("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "140")]) == "external-address")
  }

  @Test func aMissingFileIsNamed() throws {
    let error = #expect(throws: CompileError.self) { try load(model([("location", "absent.data")])) }
    #expect(error?.code == "external-missing")
    #expect(error?.message.contains("absent.data") == true)
    #expect(error?.place == "tensor 'w'")
  }

  @Test func aChecksumIsCompared() throws {
    // SHA-1 of the bytes 0 to 63.
    let digest = "c6138d514ffa2135bfce0ed0b8fac65669917ec7"
    #expect(try rejection([("location", "w.data"), ("checksum", digest)]) == nil)
    #expect(
      try rejection([("location", "w.data"), ("checksum", "00" + digest.dropFirst(2))]) == "external-checksum"
    )
  }

  @Test func aPathHiddenAnywhereIsChecked() throws {
    let hidden = Proto.external("h", [("location", "../w.data")])
    let attribute = Proto { attribute in
      attribute.text(1, "value")
      attribute.message(5, hidden)
      attribute.int(20, 4)
    }
    let constant = Proto.node("Constant", [], ["c"]) { $0.message(5, attribute) }
    let relu = Proto.node("Relu", ["x"], ["y"])
    let sparse = Proto.graph([relu]) { graph in
      graph.message(15) { sparse in
        sparse.message(1, .tensor("s"))
        sparse.message(2, hidden)
      }
    }
    let subgraph = Proto.graph([
      relu,
      .node("If", ["x"], ["z"]) { node in
        node.message(5) { branch in
          branch.text(1, "then_branch")
          branch.message(6, .graph([.node("Identity", ["h"], ["y"])], initializers: [hidden]))
          branch.int(20, 5)
        }
      },
    ])
    for graph in [Proto.graph([constant, relu]), sparse, subgraph] {
      #expect(try rejection(.model(graph)) == "external-path")
    }
    // Kept as bytes, these could not be published: they may not refer to other files at all.
    let odd = Proto.node("Odd", [], ["c"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "two values")
        attribute.int(3, 1)
        attribute.message(5, .external("h", [("location", "w.data")]))
      }
    }
    let function = Proto.model(.graph([relu])) { model in
      model.message(25) { function in
        function.text(1, "F")
        function.message(7, constant)
      }
    }
    #expect(try rejection(.model(.graph([odd, relu]))) == "external-place")
    #expect(try rejection(function) == "external-place")
  }

  @Test func anotherFolderCanBeNamed() throws {
    let other = try TemporaryFolder()
    try other.write("model.onnx", model([("location", "w.data")]).bytes)
    #expect(throws: CompileError.self) { try ONNXImporter.load(other["model.onnx"]) }
    let options = ImportOptions(externalDataFolder: folder.path)
    #expect(throws: Never.self) { try ONNXImporter.load(other["model.onnx"], options: options) }
  }

  @Test func whatManyTensorsShareIsReadOnce() throws {
    let tensors = (0..<1000).map { Proto.external("w\($0)", dims: [16], [("location", "w.data")]) }
    let model = try load(.model(.graph([.node("Relu", ["x"], ["y"])], initializers: tensors))).model
    let buffers = Set(
      model.graph.values.compactMap { $0.initializer?.bytes.map { ObjectIdentifier($0.buffer) } })
    #expect(buffers.count == 1)
  }

  /// `count` tensors of half a megabyte in a file of one, each a byte after the one before.
  private func overlapping(_ count: Int) throws {
    try folder.write("w.data", [UInt8](repeating: 1, count: 1 << 20))
    let tensors = (0..<count).map {
      Proto.external("w\($0)", dims: [1 << 17], [("location", "w.data"), ("offset", "\($0)")])
    }
    try folder.write(
      "model.onnx", Proto.model(.graph([.node("Relu", ["x"], ["y"])], initializers: tensors)).bytes)
  }

  @Test func someRangesMayOverlap() throws {
    try overlapping(8)
    #expect(throws: Never.self) { try ONNXImporter.load(folder["model.onnx"]) }
  }

  @Test func whatIsReadOfFilesMeetsTheMemoryLimit() throws {
    try overlapping(8)
    let error = #expect(throws: CompileError.self) {
      try ONNXImporter.load(folder["model.onnx"], options: ImportOptions(maximumMemoryInBytes: 2 << 20))
    }
    #expect(error?.exit == .resources)
  }

  @Test func rangesThatTogetherTakeManyTimesTheirFileAreRefused() throws {
    try overlapping(100)
    let error = #expect(throws: CompileError.self) { try ONNXImporter.load(folder["model.onnx"]) }
    #expect(error?.code == "external-range")
    #expect(error?.description.contains("overlap") == true)
  }

  // MARK: Writing

  @Test func externalTensorsStayExternalInAFileOfTheOutputsOwn() throws {
    let imported = try ONNXImporter.load(fixture("external.onnx"))
    try ONNXExporter.write(imported.model, to: folder["out.onnx"])
    let blobs = folder.names.filter { $0.hasPrefix("out.") && $0.hasSuffix(".data") }
    #expect(blobs.count == 1)
    let again = try ONNXImporter.load(folder["out.onnx"]).model
    let before = tensors(imported.model.graph)
    let after = tensors(again.graph)
    #expect(before.map(\.bytes) == after.map(\.bytes))
    for (old, new) in zip(before, after) {
      guard case .external(let from, _) = old.payload, case .external(let to, _) = new.payload else {
        Issue.record("\(new.name ?? "") is not external any more")
        continue
      }
      #expect(to["location"] == blobs[0])
      #expect(from["colour"] == to["colour"] && (from["checksum"] == nil) == (to["checksum"] == nil))
    }
  }

  @Test func theSameContentHasTheSameNameAndIsWrittenOnce() throws {
    let imported = try ONNXImporter.load(fixture("external.onnx"))
    try ONNXExporter.write(imported.model, to: folder["out.onnx"])
    let names = folder.names
    let model = folder.read("out.onnx")
    try ONNXExporter.write(imported.model, to: folder["out.onnx"])
    #expect(folder.names == names)
    #expect(folder.read("out.onnx") == model)
  }

  @Test func aBlobWithOtherContentIsNeverTouched() throws {
    let imported = try ONNXImporter.load(fixture("external.onnx"))
    try ONNXExporter.write(imported.model, to: folder["out.onnx"])
    let blob = try #require(folder.names.first { $0.hasPrefix("out.") && $0.hasSuffix(".data") })
    let model = folder.read("out.onnx")
    try folder.write(blob, [1, 2, 3])
    let error = #expect(throws: CompileError.self) {
      try ONNXExporter.write(imported.model, to: folder["out.onnx"])
    }
    #expect(error?.code == "output-blob" && error?.exit == .resources)
    #expect(folder.read(blob) == [1, 2, 3])
    #expect(folder.read("out.onnx") == model)
  }

  @Test func largeTensorsMoveOutWhenAsked() throws {
    let model = try ONNXImporter.load(fixture("typed.onnx")).model
    try ONNXExporter.write(model, to: folder["out.onnx"], options: ExportOptions(savesAsExternalData: true))
    let again = try ONNXImporter.load(folder["out.onnx"]).model
    let outside = tensors(again.graph).filter { if case .external = $0.payload { true } else { false } }
    #expect(outside.compactMap(\.name) == ["double_data", "int64_data", "uint64_data"])
    #expect(tensors(again.graph).map(\.bytes) == tensors(model.graph).map(\.bytes))
  }

  private func tensors(_ graph: Graph) -> [Tensor] {
    graph.initializers.compactMap { graph[$0].initializer }
      + graph.nodes.flatMap { node in
        node.attributes.flatMap { attribute -> [Tensor] in
          if case .tensor(let tensor) = attribute.value {
            [tensor]
          } else {
            attribute.graphs.flatMap(tensors)
          }
        }
      }
  }
}
