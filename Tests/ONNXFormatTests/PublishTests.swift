import Foundation
import GraphIR
import ONNXFormat
import TestSupport
import Testing

/// Putting files in place: the old content or the new one, and nothing left over.
@Suite struct PublishTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Interruption: Error {}

  private func failure(_ path: String) throws -> CompileError? {
    do {
      try FilePublisher.publish("new", to: path)
      return nil
    } catch let error as CompileError {
      #expect(error.exit == .resources)
      #expect(error.file == path)
      return error
    }
  }

  @Test func aNewFileAppearsWholeWithTheUsualMode() throws {
    let receipt = try FilePublisher.publish(to: folder["out"], computesDigest: true) { $0.write("abc") }
    #expect(folder.read("out") == Array("abc".utf8))
    #expect(receipt.byteCount == 3)
    #expect(receipt.digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let mask = umask(0)
    umask(mask)
    #expect(try folder.mode("out") == 0o666 & ~Int(mask))
    #expect(folder.names == ["out"])
  }

  @Test func theModeOfAnExistingFileIsKept() throws {
    try folder.write("out", [1])
    chmod(folder["out"], 0o600)
    #expect(try failure(folder["out"]) == nil)
    #expect(folder.read("out") == Array("new".utf8))
    #expect(try folder.mode("out") == 0o600)
  }

  @Test func aLinkStaysAndWhatItLeadsToIsReplaced() throws {
    try folder.write("real/out", [1])
    try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: "real/out")
    try FileManager.default.createSymbolicLink(atPath: folder["link2"], withDestinationPath: folder["link"])
    #expect(try failure(folder["link2"]) == nil)
    #expect(folder.read("real/out") == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder["link"]) == "real/out")
    #expect(folder.names == ["link", "link2", "real"])
  }

  @Test func aLinkToNothingMakesItsTarget() throws {
    try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: "later")
    #expect(try failure(folder["link"]) == nil)
    #expect(folder.names == ["later", "link"])
  }

  @Test func aTargetThatCannotBeIsNamed() throws {
    #expect(try failure(folder["missing/out"])?.code == "output-folder")
    #expect(try failure(folder.path)?.code == "output-is-folder")
    #expect(try failure(folder["out/"])?.code == "output-is-folder")
    try FileManager.default.createSymbolicLink(atPath: folder["a"], withDestinationPath: "b")
    try FileManager.default.createSymbolicLink(atPath: folder["b"], withDestinationPath: "a")
    #expect(try failure(folder["a"])?.code == "output-link")
    #expect(try failure("/proc/out")?.code == "output-write")
    #expect(folder.names == ["a", "b"])
  }

  @Test func aWriterThatFailsLeavesEverythingAsItWas() throws {
    try folder.write("out", [1, 2])
    #expect(throws: Interruption.self) {
      try FilePublisher.publish(to: folder["out"]) { sink in
        sink.write([UInt8](repeating: 0, count: 1 << 20))
        throw Interruption()
      }
    }
    #expect(folder.read("out") == [1, 2])
    #expect(folder.names == ["out"])
  }

  @Test func devicesAreWrittenToInPlace() throws {
    #expect(try failure("/dev/null") == nil)
    #expect(
      try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        == .typeCharacterSpecial)
    let full = try failure("/dev/full")
    #expect(full?.code == "output-write")
    #expect(full?.message.contains("space") == true)
  }

  @Test func leftoversOfAKilledProcessAreSweptAndThoseOfALivingOneAreNot() throws {
    try folder.write(".fdskd-tmp-999999-1", [1])
    try folder.write("fdskd-tmp-mine", [1])
    try FilePublisher.publish(to: folder["outer"]) { outer in
      outer.write("outer")
      #expect(folder.names.filter { $0.hasPrefix(".fdskd-tmp-") }.count == 1)
      try FilePublisher.publish("inner", to: folder["inner"])
    }
    #expect(folder.names == ["fdskd-tmp-mine", "inner", "outer"])
  }

  @Test func aTemporaryFileThatVanishesIsAFailure() throws {
    #expect(throws: CompileError.self) {
      try FilePublisher.publish(to: folder["out"]) { sink in
        sink.write("half")
        for name in folder.names { unlink(folder[name]) }
      }
    }
    #expect(folder.names == [])
  }

  @Test func writersAtTheSameTimeLeaveOneWholeFile() async throws {
    let path = folder["out"]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          let content = [UInt8](repeating: UInt8(writer), count: 100_000)
          for _ in 0..<5 { try FilePublisher.publish(to: path) { $0.write(content) } }
        }
      }
      try await group.waitForAll()
    }
    let content = try #require(folder.read("out"))
    #expect(content.count == 100_000 && Set(content).count == 1)
    #expect(folder.names == ["out"])
  }

  @Test func theOutputMayBeTheInput() throws {
    try folder.write("model.onnx", Proto.relu.bytes)
    let model = try ONNXImporter.load(folder["model.onnx"]).model
    try ONNXExporter.write(model, to: folder["model.onnx"])
    #expect(try ONNXImporter.load(folder["model.onnx"]).model == model)
    #expect(folder.names == ["model.onnx"])
  }

  @Test func aModelThatCannotBePublishedTakesItsBlobAlong() throws {
    let model = try ONNXImporter.load(fixture("external.onnx")).model
    try FileManager.default.createDirectory(atPath: folder["out.onnx"], withIntermediateDirectories: true)
    #expect(throws: CompileError.self) { try ONNXExporter.write(model, to: folder["out.onnx"]) }
    #expect(folder.names == ["out.onnx"])
  }

  @Test func inputsThatCannotBeReadAreResources() throws {
    for path in [folder["absent.onnx"], folder.path] {
      let error = #expect(throws: CompileError.self) { try ONNXImporter.load(path) }
      #expect(error?.code == "file-open" && error?.exit == .resources && error?.file == path)
    }
  }

  @Test func aFileOfTwoGigabytesIsRefusedBeforeItIsRead() throws {
    try folder.write("large.onnx", [])
    #expect(truncate(folder["large.onnx"], 1 << 31) == 0)
    let error = #expect(throws: CompileError.self) {
      try ONNXImporter.load(folder["large.onnx"], options: ImportOptions(maximumMemoryInBytes: 1 << 40))
    }
    #expect(error?.code == "file-too-large" && error?.exit == .resources)
  }
}
