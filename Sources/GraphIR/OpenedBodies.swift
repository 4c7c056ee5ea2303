/// Bodies of control-flow nodes whose nodes stand in the graph around them for the time of a compilation, so that every
/// analysis and pass has one flat graph before it.
///
///     as in the file    If(flag) { yes = Conv(x, w) -> r; no = Neg(x) -> s } -> y
///     opened            Conv(x, w) -> r;  Neg(x) -> s;  If(flag, r, s) -> y
package struct OpenedBodies: Sendable, Equatable {
  package struct Body: Sendable, Equatable {
    /// The control-flow node: behind its own inputs it reads what its bodies give out.
    package let owner: NodeID
    /// Which of the owner's attributes holds the body.
    package let attribute: Int
    /// Its place in a list of bodies; nil where the attribute holds one.
    package let position: Int?
    /// The body as it was.
    package let graph: Graph
    /// By the body's value: the value of the opened graph that stands for it.
    package let values: [ValueID]

    package init(owner: NodeID, attribute: Int, position: Int?, graph: Graph, values: [ValueID]) {
      self.owner = owner
      self.attribute = attribute
      self.position = position
      self.graph = graph
      self.values = values
    }
  }

  /// Outer bodies before those that are inside them.
  package var bodies: [Body] = []
  /// What control-flow nodes hand to their bodies, with the types that the bodies state.
  package var inputs: [ValueInfo] = []
  /// Index into ``bodies``, by node; nodes of the graph itself have none.
  package var bodyOfNode: [NodeID: Int] = [:]
  /// How many of its inputs are a control-flow node's own.
  package var inputCounts: [NodeID: Int] = [:]
  /// Nodes from this index on were added since.
  package var nodeIndexLimit = 0

  package init() {}
}
