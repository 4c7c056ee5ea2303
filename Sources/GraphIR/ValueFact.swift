/// What is known of a value before anything runs: element type, shape, and the numbers themselves where they are
/// constant or computed from shapes.
package struct ValueFact: Sendable, Equatable {
  /// Nil where the value is no tensor, or its type is not known.
  package var elementType: ElementType?
  /// Nil where the rank is not known.
  package var shape: [Dimension]?
  /// The elements of a small integer tensor in row-major order, as far as they are known.
  package var content: [ContentElement]?
  /// The constant itself, where the value is an initializer or a `Constant` node's output.
  package var constant: Tensor?
  /// The value depends on constants alone, directly or through nodes.
  package var isConstantDerived = false

  /// Tensors with more elements carry no ``content``: no exporter writes a longer shape.
  package static let contentLimit = 1024
  /// The same for what nodes compute, of which there may be many: two numbers for each axis that a tensor can have.
  package static let computedContentLimit = 2 * Tensor.rankLimit

  package init(elementType: ElementType? = nil, shape: [Dimension]? = nil, content: [ContentElement]? = nil) {
    self.elementType = elementType
    self.shape = shape
    self.content = content
  }

  package static let unknown = ValueFact()

  /// What is known of every tensor in a sequence, or of an optional one; nil for tensors.
  package var element: ValueFact? {
    get { elements.first }
    set { elements = newValue.map { [$0] } ?? [] }
  }
  /// None or one: a struct cannot hold itself.
  private var elements: [ValueFact] = []

  /// The shape where every length is known.
  package var knownShape: [Int]? {
    guard let shape else { return nil }
    let known = shape.compactMap(\.known)
    return known.count == shape.count ? known : nil
  }

  package var rank: Int? { shape?.count }

  /// Length of an axis, counted from the end if negative; nil if the rank is unknown or has no such axis.
  package func dimension(_ axis: Int) -> Dimension? {
    guard let shape else { return nil }
    let index = axis < 0 ? axis + shape.count : axis
    return shape.indices.contains(index) ? shape[index] : nil
  }

  /// The elements where every one is a known integer.
  package var knownContent: [Int]? {
    guard let content else { return nil }
    let known = content.compactMap(\.value.known)
    return known.count == content.count ? known : nil
  }
}

/// One integer of a shape-like tensor and, where it was only moved about since, the constant that it came from. Of a
/// product with something unknown, such as 12·batch, the constant is that of the known factor.
package struct ContentElement: Sendable, Equatable {
  package var value: Dimension
  package var source: Source?

  /// Written down as it is, rather than computed.
  package var isLiteral: Bool { source != nil && value.known != nil }

  package init(_ value: Dimension, source: Source? = nil) {
    self.value = value
    self.source = source
  }

  /// Element `index` of the constant `value`.
  package struct Source: Sendable, Hashable {
    package let value: ValueID
    package let index: Int

    package init(value: ValueID, index: Int) {
      self.value = value
      self.index = index
    }
  }
}
