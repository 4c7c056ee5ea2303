import Kernels

/// Kernels that compute a node together, one after the other.
///
/// A value is one of the node's inputs, or what an earlier kernel gave. The chain says nothing of memory: whoever runs it
/// gives each value a place, brings layouts into line, and carries gradients back kernel by kernel.
package struct KernelChain {
  /// A tensor between two kernels.
  package struct Value: Sendable {
    /// Counts the node's inputs first, then what kernels give.
    package let position: Int
    package let layout: TensorLayout

    var dims: [Int] { layout.dims }
    var rank: Int { layout.dims.count }
    var scalar: ScalarType { layout.scalar }
  }

  /// One kernel with its operands, which are positions of values.
  package struct Step {
    package let kernel: any Kernel
    package let inputs: [Int?]
    package let outputs: [Int?]
  }

  package private(set) var steps: [Step] = []
  /// By output of the node; nil for one that is not made.
  package internal(set) var outputs: [Value?] = []
  /// The node's inputs; nil for one that is omitted.
  let inputs: [Value?]
  /// See ``KernelCall/isReproducible``.
  let isReproducible: Bool
  private var count: Int

  init(_ call: KernelCall) {
    inputs = call.layouts.enumerated().map { position, layout in
      layout.map { Value(position: position, layout: $0) }
    }
    isReproducible = call.isReproducible
    count = inputs.count
  }

  /// - Throws: ``KernelError`` if the node goes without the input.
  func input(_ index: Int) throws -> Value {
    guard inputs.indices.contains(index), let value = inputs[index] else {
      throw KernelError("input \(index) is missing")
    }
    return value
  }

  /// The input, where the node has it.
  func optionalInput(_ index: Int) -> Value? { inputs.indices.contains(index) ? inputs[index] : nil }

  /// Adds a kernel, and gives what it makes, by its outputs.
  mutating func append(_ kernel: any Kernel, _ operands: [Value?]) -> [Value?] {
    let results = kernel.outputs.map { layout -> Value? in
      guard let layout else { return nil }
      count += 1
      return Value(position: count - 1, layout: layout)
    }
    steps.append(
      Step(kernel: kernel, inputs: operands.map { $0?.position }, outputs: results.map { $0?.position }))
    return results
  }

  /// Adds a kernel of which the first output is wanted.
  mutating func run(_ kernel: any Kernel, _ operands: Value?...) throws -> Value {
    guard let result = append(kernel, operands).first ?? nil else {
      throw KernelError("a kernel gives nothing")
    }
    return result
  }

  /// Adds the kernels of another operator, with values in the place of its node's inputs.
  mutating func run(_ other: KernelChain, _ operands: [Value?]) -> [Value?] {
    var values: [Int: Value] = [:]
    for (position, operand) in operands.enumerated() { values[position] = operand }
    for step in other.steps {
      let results = append(step.kernel, step.inputs.map { $0.flatMap { values[$0] } })
      for (position, result) in zip(step.outputs, results) {
        if let position, let result { values[position] = result }
      }
    }
    return other.outputs.map { $0.flatMap { values[$0.position] } }
  }
}
