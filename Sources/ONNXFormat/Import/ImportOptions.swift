import COnnx
import GraphIR

/// What the caller decides about reading a model.
package struct ImportOptions: Sendable {
  /// Bytes that the model may take in memory, its file included; nil for three quarters of the
  /// machine's, and for as much as a file of that size can be expected to need.
  package var maximumMemoryInBytes: Int?
  /// The folder that external data is looked up in; nil for the model's own.
  package var externalDataFolder: String?

  package init(maximumMemoryInBytes: Int? = nil, externalDataFolder: String? = nil) {
    self.maximumMemoryInBytes = maximumMemoryInBytes
    self.externalDataFolder = externalDataFolder
  }
}

/// A model as read, and what its reader noticed.
package struct ImportedModel: Sendable {
  package var model: Model
  /// Things that do not stop the compiler and that the user should know, in a fixed order.
  package var notes: [ImportNote]
  /// The model file's bytes, which the tensors view: for digests and sizes.
  package let file: ByteBuffer
}

/// Something odd in a model that is kept as it is.
package struct ImportNote: Sendable, Hashable {
  /// Such as "unknown-field".
  package let code: String
  package let message: String

  package init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension ImportNote {
  /// One note for all fields that the format does not name; nil where there are none.
  init?(_ fields: [WireScan.UnknownField]) {
    if fields.isEmpty { return nil }
    var shown = fields.prefix(5).map { "\($0.message) \($0.number)" }.joined(separator: ", ")
    if fields.count > 5 { shown += " and \(fields.count - 5) more" }
    self.init("unknown-field", "fields that ONNX 1.23 does not define are kept as they are: \(shown)")
  }
}

/// What the parts of one import share.
final class ImportContext {
  let source: UnpackedModel
  let externalData: ExternalDataReader
  private(set) var notes: [ImportNote] = []
  /// Of graphs whose nodes had to be sorted: their order.
  var nodeOrders: [UnsafeMutablePointer<Onnx__GraphProto>: [Int]] = [:]

  init(source: UnpackedModel, externalData: ExternalDataReader) {
    self.source = source
    self.externalData = externalData
  }

  /// Remembers a note, once.
  func note(_ code: String, _ message: String) {
    let note = ImportNote(code, message)
    if notes.count < 100, !notes.contains(note) { notes.append(note) }
  }
}
