import GraphIR
import Platform
import SystemPackage

/// Reads ONNX files into the IR.
///
/// The file is read into one buffer and scanned before protobuf-c sees it; every weight of the IR is a view of that
/// buffer. What the IR has no name for is kept as bytes, so that exporting gives the same model field by field.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/IR.html>
package enum ONNXImporter {
  /// Reads a model; `-` is the standard input.
  ///
  /// - Throws: a ``CompileError`` that names the file: `file-…` (resources) for what the system refuses, `memory-limit`
  ///   (resources), and every rule of the format that the model breaks (rejected).
  package static func load(_ path: String, options: ImportOptions = ImportOptions()) throws -> ImportedModel {
    do {
      let file = try ModelFile.read(
        path, memoryLimit: memoryLimit(options))
      let folder = path == "-" ? nil : FilePath(path).removingLastComponent()
      let ownFolder = folder.map { $0.isEmpty ? "." : $0.string }
      return try model(file, externalDataFolder: options.externalDataFolder ?? ownFolder, options)
    } catch {
      throw (error as? CompileError)?.in(file: path == "-" ? "standard input" : path) ?? error
    }
  }

  /// Reads a model that is in memory already; external data is found only in the folder that `options` names.
  ///
  /// - Throws: as ``load(_:options:)`` does, without a file's name.
  package static func load(_ file: ByteBuffer, options: ImportOptions = ImportOptions()) throws
    -> ImportedModel
  {
    if file.count == 0 { throw CompileError("empty-file", "is empty") }
    return try model(file, externalDataFolder: options.externalDataFolder, options)
  }

  private static func model(
    _ file: ByteBuffer, externalDataFolder: String?, _ options: ImportOptions
  ) throws -> ImportedModel {
    let bytes = file.pointer
    if let name = ForeignFormat.name(of: bytes) { throw ForeignFormat.error(name) }
    do {
      let memory = memoryLimit(options) - file.count
      // A small file made of millions of empty messages is refused even where the memory would suffice.
      let plausible = options.maximumMemoryInBytes == nil ? (1 << 30) + 64 * file.count : Int.max
      let scan = try WireScan.run(bytes, memoryLimit: min(memory, plausible))
      let context = ImportContext(
        source: try UnpackedModel(scan.skeleton, of: file, memoryLimit: min(memory, plausible)),
        externalData: ExternalDataReader(
          folder: externalDataFolder, memoryLimit: memory - scan.memoryEstimate))
      if let note = ImportNote(scan.unknownFields) { context.note(note.code, note.message) }
      let model = try ModelImporter.model(context)
      return ImportedModel(model: model, notes: context.notes, file: file)
    } catch let error as CompileError where error.exit == .rejected && ForeignFormat.isText(bytes) {
      throw ForeignFormat.error("text; ONNX models are binary")
    }
  }

  private static func memoryLimit(_ options: ImportOptions) -> Int {
    options.maximumMemoryInBytes ?? MemoryBudget.standard
  }
}
