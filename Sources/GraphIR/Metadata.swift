/// A `StringStringEntryProto`: metadata, or an entry of `external_data`.
package struct StringEntry: Sendable, Equatable {
  package var key: String?
  package var value: String?
  package var unknownFields: [UInt8] = []

  package init(key: String?, value: String?) {
    self.key = key
    self.value = value
  }
}

/// A protobuf message that the compiler has no need to understand, serialised, kept byte for byte.
package struct OpaqueMessage: Sendable, Equatable {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }
}
