import Analysis
import GraphIR
import Operators

/// The one input of a network that samples are fed to, and the network's shapes for a batch of them.
package struct TrainingInput: Sendable {
  package let value: ValueID
  package let name: String
  /// Of a sample, as far as the model states it.
  package let sampleShape: [Int?]

  /// - Throws: `one-input` unless there is exactly one input, of rank 2 or more.
  package init(of model: Model) throws {
    let graph = model.graph
    value = try Evaluation.input(of: graph)
    name = graph[value].name
    let open = try GraphFacts(of: model, registry: .standard)
    guard let shape = open[value].shape, shape.count >= 2 else {
      throw CompileError("not-a-classifier", "the input '\(name)' takes no batch of samples")
    }
    sampleShape = shape.dropFirst().map(\.known)
  }

  /// The model with its input, and no more, stated for `shape`: a batch that the file fixes at 1 gives way.
  ///
  /// - Throws: `fixed-batch` where the network cannot take another batch than the one that it states.
  package func facts(of model: Model, shape: [Int]) throws -> GraphFacts {
    var free = model
    for index in free.graph.inputs.indices where free.graph.inputs[index].value == value {
      guard case .tensor(var type)? = free.graph.inputs[index].type?.kind, type.dims?.isEmpty == false else {
        continue
      }
      type.dims?[0].extent = .value(Int64(shape[0]))
      free.graph.inputs[index].type?.kind = .tensor(type)
    }
    do {
      return try GraphFacts(of: free, registry: .standard, inputShapes: [name: shape])
    } catch let error as CompileError where error.code == "shape-mismatch" {
      var error = error
      error.code = "fixed-batch"
      error.hint =
        "the network is written for another batch size; try --batch-size 1, or export it with a free batch"
      throw error
    }
  }
}
