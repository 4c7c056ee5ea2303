import Analysis
import Datasets
import GraphIR
import Kernels
import Operators

/// A network that learns: its numbers, a program that trains them, and one that uses them as they are.
package final class TrainableNetwork {
  package let model: Model
  package let facts: GraphFacts
  package let store: ParameterStore
  /// v of stochastic gradient descent, for the trainable parameters of the store.
  package let momenta: UnsafeMutableBufferPointer<Float>
  let training: Program
  /// With running statistics, on the same numbers.
  let inference: Program

  /// - Parameters:
  ///   - shape: of the input, the batch in front.
  ///   - memoryLimit: of each of the two programs, as for ``ProgramSettings``.
  package init(
    _ model: Model, _ facts: GraphFacts, _ objective: Objective, seed: UInt64, memoryLimit: Int?
  ) throws {
    self.model = model
    self.facts = facts
    store = try ParameterStore(model, facts)
    let outputs = objective.outputs.map(\.value)
    training = try Program(
      model, facts, store, outputs: outputs,
      ProgramSettings(mode: .training, seed: seed, memoryLimit: memoryLimit))
    inference = try Program(
      model, facts, store, outputs: outputs, ProgramSettings(mode: .inference, memoryLimit: memoryLimit))
    momenta = .allocate(capacity: max(store.trainableCount, 1))
    momenta.initialize(repeating: 0)
  }

  deinit { momenta.deallocate() }

  /// Numbers of the store were changed: what was derived from them is made anew.
  package func parametersChanged() {
    training.parametersChanged()
    inference.parametersChanged()
  }

  /// The model with the numbers that the network has now, rounded to the types that the file stores.
  package func trainedModel() throws -> Model {
    var result = model
    try store.write(to: &result.graph)
    return result
  }

  /// Rounds the numbers to the types that the file stores, so that what is measured is what is written.
  func roundToStoredTypes() throws {
    let constants = model.graph.constants
    for entry in store.entries {
      guard let tensor = constants[entry.value], tensor.elementType != .float else { continue }
      let rounded = try tensor.replacing(floats: UnsafeBufferPointer(store.elements(of: entry)))
      for (index, value) in (rounded.doubles ?? []).enumerated() {
        store.values[entry.range.lowerBound + index] = Float(value)
      }
    }
    parametersChanged()
  }

  // MARK: - Momenta by constant

  /// v of every trainable constant, in the constant's shape: what survives when channels are removed.
  package func momentumTensors() throws -> [ValueID: Tensor] {
    var result: [ValueID: Tensor] = [:]
    for entry in store.entries where entry.isTrainable {
      let blank = Tensor(elementType: .float, dims: entry.dims, payload: .none)
      result[entry.value] = try blank.replacing(
        floats: UnsafeBufferPointer(rebasing: momenta[entry.range]))
    }
    return result
  }

  /// Takes over momenta; constants that are not named, or have another shape, begin at 0.
  package func setMomenta(_ tensors: [ValueID: Tensor]) {
    for entry in store.entries where entry.isTrainable {
      guard let tensor = tensors[entry.value], tensor.dims == entry.dims, let bytes = tensor.bytes else {
        continue
      }
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(
            UnsafeMutableBufferPointer(rebasing: momenta[entry.range]))[...]
        ).copyMemory(from: $0)
      }
    }
  }
}

extension ParameterStore {
  /// Writes the numbers to the constants of a graph, where they differ from what is there.
  package func write(to graph: inout Graph) throws {
    let index = GraphIndex(graph)
    let constants = graph.constants
    for entry in entries {
      guard let tensor = constants[entry.value] else { continue }
      let floats = UnsafeBufferPointer(elements(of: entry))
      if tensor.elementType == .float, let bytes = tensor.bytes,
        bytes.withUnsafeBytes({ $0.elementsEqual(UnsafeRawBufferPointer(floats)) })
      {
        continue
      }
      graph.setConstant(
        entry.value, try tensor.replacing(floats: floats), producer: index.producer(of: entry.value))
    }
  }
}
