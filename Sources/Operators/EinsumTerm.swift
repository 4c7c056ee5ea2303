import Kernels

/// An operand of ``Einsum``, or the product of some of them: a tensor with one label an axis.
struct EinsumTerm {
  typealias Label = EinsumEquation.Label

  private var value: KernelChain.Value
  private var labels: [Label]

  /// Takes the diagonal of axes that share a label, and repeats axes of length 1 that stand for longer ones.
  ///
  /// - Throws: ``KernelError`` where axes of one label differ.
  init(_ value: KernelChain.Value, _ labels: [Label], _ lengths: [Label: Int], _ chain: inout KernelChain)
    throws
  {
    let full = try chain.expand(value, to: labels.enumerated().map { lengths[$1] ?? value.dims[$0] })
    var unique: [Label] = []
    for label in labels where !unique.contains(label) { unique.append(label) }
    self.labels = unique
    guard unique.count < labels.count else {
      self.value = full
      return
    }
    let axes = unique.map { label in labels.indices.filter { labels[$0] == label } }
    self.value = try chain.run(DiagonalKernel(full.dims, axes: axes, full.scalar), full)
  }

  private init(_ value: KernelChain.Value, _ labels: [Label]) {
    self.value = value
    self.labels = labels
  }

  /// The product of all terms, summed over the labels that are not in `output`.
  static func contract(_ terms: [EinsumTerm], to output: [Label], _ chain: inout KernelChain) throws
    -> KernelChain.Value
  {
    guard var product = terms.first else { throw KernelError("there are no operands") }
    for index in terms.indices.dropFirst() {
      let needed = Set(output).union(terms[(index + 1)...].flatMap(\.labels))
      product = try product.times(terms[index], needed, &chain)
    }
    try product.sum(keeping: Set(output), &chain)
    guard Set(product.labels) == Set(output) else { throw KernelError("an output's letter has no operand") }
    return try product.arranged(output, &chain)
  }

  /// A product as one of matrices: labels of both that are needed are the batch, others of both are summed over.
  private func times(_ other: EinsumTerm, _ needed: Set<Label>, _ chain: inout KernelChain) throws
    -> EinsumTerm
  {
    var (a, b) = (self, other)
    try a.sum(keeping: needed.union(b.labels), &chain)
    try b.sum(keeping: needed.union(a.labels), &chain)
    let shared = a.labels.filter { b.labels.contains($0) }
    let batch = shared.filter { needed.contains($0) }
    let summed = shared.filter { !needed.contains($0) }
    let rows = a.labels.filter { !shared.contains($0) }
    let columns = b.labels.filter { !shared.contains($0) }
    func length(_ labels: [Label], in term: EinsumTerm) -> Int {
      labels.reduce(1) { $0 * term.length($1) }
    }
    let (count, depth) = (length(batch, in: a), length(summed, in: a))
    let left = try chain.reshape(
      a.arranged(batch + rows + summed, &chain), to: [count, length(rows, in: a), depth])
    let right = try chain.reshape(
      b.arranged(batch + summed + columns, &chain), to: [count, depth, length(columns, in: b)])
    let dims = batch.map(a.length) + rows.map(a.length) + columns.map(b.length)
    return EinsumTerm(try chain.reshape(chain.product(left, right), to: dims), batch + rows + columns)
  }

  private func length(_ label: Label) -> Int { labels.firstIndex(of: label).map { value.dims[$0] } ?? 1 }

  /// Sums over all other labels.
  private mutating func sum(keeping kept: Set<Label>, _ chain: inout KernelChain) throws {
    let gone = labels.indices.filter { !kept.contains(labels[$0]) }
    guard !gone.isEmpty else { return }
    value = try chain.reduce(.sum, value, axes: gone, keepsAxes: false)
    labels = labels.filter(kept.contains)
  }

  /// The axes in this order.
  private func arranged(_ order: [Label], _ chain: inout KernelChain) throws -> KernelChain.Value {
    try chain.transpose(value, order.compactMap { labels.firstIndex(of: $0) })
  }
}
