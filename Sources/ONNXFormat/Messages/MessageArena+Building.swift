import COnnx

/// Memory that is not checked against a limit: what the exporter builds is as large as what the IR holds already.
extension MessageArena {
  private func room(_ count: Int) -> UnsafeMutableRawPointer {
    guard let memory = allocate(count) else { preconditionFailure("an arena for building has no limit") }
    return memory
  }

  /// A message with every field absent.
  func make<Message>(_ initialize: (UnsafeMutablePointer<Message>) -> Void) -> UnsafeMutablePointer<Message> {
    let message = room(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
    initialize(message)
    return message
  }

  /// A C string with the characters of `text`; nil stays nil.
  func string(_ text: String?) -> UnsafeMutablePointer<CChar>? {
    guard var text else { return nil }
    return text.withUTF8 { source in
      let target = room(source.count + 1).bindMemory(to: CChar.self, capacity: source.count + 1)
      if let start = source.baseAddress {
        UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: source.count)
      }
      target[source.count] = 0
      return target
    }
  }

  /// The elements of `items`, each made by `element`, as a C array; nil where there are none.
  func array<Item, Element>(
    _ items: some Collection<Item>, _ element: (Item) throws -> Element
  ) rethrows -> UnsafeMutablePointer<Element>? {
    if items.isEmpty { return nil }
    let target = room(items.count * MemoryLayout<Element>.stride).bindMemory(
      to: Element.self, capacity: items.count)
    for (index, item) in items.enumerated() { (target + index).initialize(to: try element(item)) }
    return target
  }

  /// The bytes of a `bytes` field.
  func binary(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: array(bytes) { $0 })
  }
}
