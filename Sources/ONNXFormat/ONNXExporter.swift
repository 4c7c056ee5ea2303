import COnnx
import GraphIR
import SystemPackage

/// What the caller decides about writing a model.
package struct ExportOptions: Sendable {
  /// Tensors of ``externalFrom`` bytes and more go into a file of their own, even if they were in the model.
  package var savesAsExternalData = false
  package var externalFrom = 1024
  /// SHA-256 of the model file is computed while it is written.
  package var computesDigest = false

  package init(savesAsExternalData: Bool = false, computesDigest: Bool = false) {
    self.savesAsExternalData = savesAsExternalData
    self.computesDigest = computesDigest
  }
}

/// Writes the IR as an ONNX file.
///
/// protobuf-c serialises straight from the IR's buffers to the file; there is no second copy of the weights. The same
/// model gives the same bytes.
///
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/IR.html>
package enum ONNXExporter {
  /// Publishes a model; `-` is the standard output, into which external tensors are written inline.
  ///
  /// External tensors go into `<stem>.<digest>.data` beside the output, which is in place before the model is.
  ///
  /// - Throws: `output-…` (resources) naming the file; whatever is wrong, an existing output is what it was.
  @discardableResult
  package static func write(
    _ model: Model, to path: String, options: ExportOptions = ExportOptions()
  ) throws -> FilePublisher.Receipt {
    try FilePublisher.naming(path) {
      let target = path == "-" ? nil : try OutputTarget(path)
      let blob = target.map { $0.isStream } ?? true ? nil : ExternalBlob()
      let builder = ModelBuilder(
        blob: blob, externalFrom: options.savesAsExternalData ? options.externalFrom : nil)
      return try withExtendedLifetime((model, builder)) {
        let message = try builder.model(model)
        var newBlob: FilePath?
        if let blob, !blob.isEmpty, let target {
          let stem = FilePath(path).lastComponent?.stem ?? "model"
          newBlob = try blob.publish(in: target.folder, stem: stem, builder.arena)
        }
        do {
          try checkSize(message)
          return try FilePublisher.publish(
            to: path, computesDigest: options.computesDigest, with: newBlob.map { [$0] } ?? []
          ) { pack(message, to: $0) }
        } catch {
          if let newBlob {
            try? SystemCalls.remove(newBlob)
            TemporaryFiles.shared.remove(newBlob)
          }
          throw error
        }
      }
    }
  }

  /// A model's bytes, its external tensors inline.
  ///
  /// - Throws: `output-too-large` (resources).
  package static func bytes(of model: Model) throws -> [UInt8] {
    let builder = ModelBuilder(blob: nil, externalFrom: nil)
    return try withExtendedLifetime((model, builder)) {
      let message = try builder.model(model)
      try checkSize(message)
      let sink = ByteSink(nil)
      pack(message, to: sink)
      return sink.gathered
    }
  }

  private static func checkSize(_ message: UnsafeMutablePointer<Onnx__ModelProto>) throws {
    let size = onnx__model_proto__get_packed_size(message)
    guard size <= ModelFile.sizeLimit else {
      throw CompileError(
        "output-too-large", "the model takes \(size) bytes, more than the 2 GiB that protobuf allows",
        exit: .resources,
        hint: "use --save-as-external-data")
    }
  }

  /// protobuf-c's idea of an output, with the sink behind it.
  private struct Buffer {
    var base: ProtobufCBuffer
    let sink: Unmanaged<ByteSink>
  }

  private static func pack(_ message: UnsafeMutablePointer<Onnx__ModelProto>, to sink: ByteSink) {
    var buffer = Buffer(
      base: ProtobufCBuffer(append: { base, count, data in
        guard let base else { return }
        let sink = UnsafeMutableRawPointer(base).assumingMemoryBound(to: Buffer.self).pointee.sink
        sink.takeUnretainedValue().write(UnsafeRawBufferPointer(start: data, count: count))
      }), sink: .passUnretained(sink))
    withUnsafeMutablePointer(to: &buffer) { buffer in
      buffer.withMemoryRebound(to: ProtobufCBuffer.self, capacity: 1) { base in
        _ = onnx__model_proto__pack_to_buffer(message, base)
      }
    }
  }
}
