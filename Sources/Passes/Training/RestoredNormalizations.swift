import GraphIR

/// Normalisations that training puts behind convolutions, and that are folded away again before the model is written.
package struct RestoredNormalizations: Sendable {
  /// The model without them, and what was known of it; nil where none was put in.
  package var before: Compilation.Original?
  /// Their nodes, in the order of the graph.
  package var nodes: [NodeID] = []

  package init() {}
}
