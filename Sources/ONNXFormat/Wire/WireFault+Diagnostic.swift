import GraphIR

extension WireFault {
  /// The diagnostic: what is wrong, at which byte, in which field of which message.
  func error(at position: Int, path: [String], inside message: MessageSchema.Kind?) -> CompileError {
    func name(_ field: Int) -> String { message?.fieldNames[field] ?? "field \(field)" }
    let owner = message?.name ?? "ModelProto"
    let place = "byte \(position)" + (path.isEmpty ? "" : ", in " + path.joined(separator: "."))
    let damaged = "the file is damaged or was cut short; export or download it again"
    let error: CompileError
    switch self {
    case .truncated(let what):
      error = CompileError("wire-truncated", "\(owner) ends in the middle of \(what)", hint: damaged)
    case .lengthPastEnd(let length, let left):
      error = CompileError(
        "wire-truncated", "a field of \(owner) states a length of \(length) bytes, \(left) are left",
        hint: damaged)
    case .overlongVarint:
      error = CompileError("wire-varint", "an integer in \(owner) does not end where it must", hint: damaged)
    case .invalidTag(let value):
      error = CompileError("wire-tag", "\(value) is not the tag of a protobuf field", hint: damaged)
    case .unknownWireType(let type):
      error = CompileError("wire-tag", "protobuf has no wire type \(type)", hint: damaged)
    case .group:
      error = CompileError("wire-group", "\(owner) contains a protobuf group, which ONNX never uses")
    case .wrongWireType(let field, let found):
      error = CompileError(
        "wire-type", "\(name(field)) of \(owner) is written as \(found.words), which it is not", hint: damaged
      )
    case .raggedPacked(let field, let count):
      error = CompileError(
        "wire-packed", "\(name(field)) of \(owner) has \(count) bytes, not a whole number of elements")
    case .invalidText(let field, .invalidUTF8):
      error = CompileError("wire-text", "\(name(field)) of \(owner) is not valid UTF-8")
    case .invalidText(let field, .containsNUL):
      error = CompileError("wire-text", "\(name(field)) of \(owner) contains a NUL character")
    case .repeatedSingular(let field):
      error = CompileError("wire-duplicate", "\(name(field)) of \(owner) occurs more than once")
    case .tooDeep:
      error = CompileError(
        "wire-depth", "messages are nested more than \(WireScan.depthLimit) deep",
        hint: "no exporter nests subgraphs or types so deeply; the file is not to be trusted")
    case .tooMuchMemory(let estimate, let limit):
      error = CompileError(
        "memory-limit", "the model needs more than \(estimate) bytes besides its file, \(limit) are allowed",
        exit: .resources, hint: "raise --max-memory if the file is to be trusted")
    }
    return error.at(place)
  }
}

extension WireType {
  fileprivate var words: String {
    switch self {
    case .varint: "an integer"
    case .fixed64: "a 64-bit number"
    case .lengthDelimited: "text or a message"
    case .groupStart, .groupEnd: "a group"
    case .fixed32: "a 32-bit number"
    }
  }
}
