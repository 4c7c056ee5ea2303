import Analysis
import GraphIR
import Kernels

/// The numbers of a network that outlive a run: weights, statistics and other constants, as Float.
///
/// Trainable parameters come first and lie together, as do their gradients, so that an optimizer makes one pass.
package final class ParameterStore {
  /// One tensor of the store.
  package struct Entry: Sendable {
    package let value: ValueID
    package let name: String
    package let dims: [Int]
    package let isTrainable: Bool
    /// Elements in ``ParameterStore/values``.
    package let range: Range<Int>
  }

  /// Sorted as the store lies: trainable ones first, each kind in the order of the graph.
  package let entries: [Entry]
  package let values: UnsafeMutableBufferPointer<Float>
  /// d loss / d parameter, for the trainable ones, in the same places; zero where no run wrote any.
  package let gradients: UnsafeMutableBufferPointer<Float>
  package let trainableCount: Int
  private let positions: [ValueID: Int]

  /// - Parameters:
  ///   - constants: the floating-point constants of the network.
  ///   - trainable: which of them are learned.
  /// - Throws: `weight-type` for a constant that has no numbers.
  package init(_ constants: [(value: ValueID, name: String, tensor: Tensor)], trainable: Set<ValueID>) throws
  {
    let sorted =
      constants.filter { trainable.contains($0.value) } + constants.filter { !trainable.contains($0.value) }
    var entries: [Entry] = []
    var end = 0
    for (value, name, tensor) in sorted {
      entries.append(
        Entry(
          value: value, name: name, dims: tensor.dims, isTrainable: trainable.contains(value),
          range: end..<end + tensor.count))
      // Each begins on a cache line of its own.
      end = (end + tensor.count + 15) & ~15
    }
    trainableCount = entries.last { $0.isTrainable }.map { ($0.range.upperBound + 15) & ~15 } ?? 0
    values = Self.allocate(end)
    gradients = Self.allocate(trainableCount)
    self.entries = entries
    positions = Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].value, $0) })
    for (entry, constant) in zip(entries, sorted) {
      guard constant.tensor.copyFloats(into: UnsafeMutableBufferPointer(rebasing: values[entry.range])) else {
        throw CompileError(
          "weight-type", "'\(entry.name)' of type \(constant.tensor.elementType.name) cannot be computed with"
        )
      }
    }
  }

  /// The constants of a model; what its operators call parameters is trainable, unless nothing is.
  ///
  /// - Throws: `weight-type`.
  package convenience init(_ model: Model, _ facts: GraphFacts, mode: KernelMode = .training) throws {
    let graph = model.graph
    let constants = graph.constants.filter { $0.value.elementType.isRankable }.sorted { $0.key < $1.key }
    try self.init(
      constants.map { (value: $0.key, name: graph[$0.key].name, tensor: $0.value) },
      trainable: mode == .training ? TrainableConstants.values(model, facts) : [])
  }

  deinit {
    UnsafeMutableRawPointer(values.baseAddress)?.deallocate()
    UnsafeMutableRawPointer(gradients.baseAddress)?.deallocate()
  }

  private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 16) * MemoryLayout<Float>.stride, alignment: 64)
    let base = raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 16))
    return UnsafeMutableBufferPointer(start: base, count: count)
  }

  package subscript(value: ValueID) -> Entry? { positions[value].map { entries[$0] } }

  package func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

  package func elements(of entry: Entry) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: values[entry.range])
  }

  /// Nil for what is not trained.
  package func gradient(of entry: Entry) -> UnsafeMutableBufferPointer<Float>? {
    entry.isTrainable ? UnsafeMutableBufferPointer(rebasing: gradients[entry.range]) : nil
  }
}

extension Tensor {
  /// Converts the elements to Float; false where they are no floating-point numbers.
  fileprivate func copyFloats(into target: UnsafeMutableBufferPointer<Float>) -> Bool {
    if elementType == .float, let bytes {
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
      return true
    }
    guard let doubles else { return false }
    for index in target.indices { target[index] = Float(doubles[index]) }
    return true
  }
}
