import GraphIR
import Kernels

/// An operator that can run: what it computes, as a kernel for shapes that are all known.
package protocol ComputableOperator: Operator {
  /// The kernel of a node.
  ///
  /// - Throws: ``KernelError`` where this form of the operator has none.
  func kernel(_ call: KernelCall) throws -> any Kernel

  /// The kernels of a node that takes several; those that take one leave this to ``kernel(_:)``.
  ///
  /// - Throws: ``KernelError`` where this form of the operator has none.
  func kernels(_ call: KernelCall) throws -> KernelChain

  /// Inputs that the kernels read, by position: an If whose condition is known does without one branch.
  func neededInputs(_ signature: Signature) -> [Int]

  /// Whether the kernel can apply an activation to its first output.
  func fuses(_ activation: Activation, _ signature: Signature, in mode: KernelMode) -> Bool

  /// The activation that the operator is, where it is one that kernels can fuse.
  func activation(_ signature: Signature) -> Activation?
}

/// An operator that is computed by several kernels, one after the other.
package protocol ComposedOperator: ComputableOperator {
  /// Adds the kernels to `chain`.
  ///
  /// - Returns: the node's outputs; nil for one that is not made.
  /// - Throws: ``KernelError`` where this form of the operator has none.
  func compose(_ chain: inout KernelChain, _ call: KernelCall) throws -> [KernelChain.Value?]
}

extension ComposedOperator {
  package func kernel(_ call: KernelCall) throws -> any Kernel {
    throw KernelError("it takes several kernels")
  }

  package func kernels(_ call: KernelCall) throws -> KernelChain {
    var chain = KernelChain(call)
    chain.outputs = try compose(&chain, call)
    return chain
  }
}

extension ComputableOperator {
  package func neededInputs(_ signature: Signature) -> [Int] { Array(signature.inputs.indices) }

  package func kernels(_ call: KernelCall) throws -> KernelChain {
    var chain = KernelChain(call)
    let kernel = try kernel(call)
    chain.outputs = chain.append(kernel, chain.inputs)
    return chain
  }

  package func fuses(_ activation: Activation, _ signature: Signature, in mode: KernelMode) -> Bool { false }

  package func activation(_ signature: Signature) -> Activation? { nil }
}

/// What a kernel is made for: a node's operands, how they lie, and what the network is used for.
package struct KernelCall {
  package let signature: Signature
  /// How each input lies at present; nil for one that is omitted.
  package let layouts: [TensorLayout?]
  package let mode: KernelMode
  /// To be applied to the first output; see ``ComputableOperator/fuses(_:_:in:)``.
  package let activation: Activation?
  /// Inputs whose gradient the loss needs.
  package let wantsGradient: [Bool]
  package let algorithms: ConvolutionAlgorithms
  /// Tells the random numbers of one node from those of another.
  package let seed: UInt64
  /// The bits of the result must not depend on the processor.
  package let isReproducible: Bool

  package init(
    _ signature: Signature, layouts: [TensorLayout?], mode: KernelMode, activation: Activation? = nil,
    wantsGradient: [Bool] = [], algorithms: ConvolutionAlgorithms = .direct, seed: UInt64 = 0,
    isReproducible: Bool = false
  ) {
    self.signature = signature
    self.layouts = layouts
    self.mode = mode
    self.activation = activation
    self.wantsGradient = wantsGradient
    self.algorithms = algorithms
    self.seed = seed
    self.isReproducible = isReproducible
  }

  /// - Throws: ``KernelError`` where the bits must not depend on the processor: oneDNN chooses its code by it.
  func allowNativeSums() throws {
    if isReproducible { throw KernelError("its sums are rounded in another way on every processor") }
  }

  func has(_ input: Int) -> Bool { signature.input(input) != nil }

  /// - Throws: ``KernelError`` if the input is omitted.
  func layout(_ input: Int) throws -> TensorLayout {
    guard layouts.indices.contains(input), let layout = layouts[input] else {
      throw KernelError("input \(input) is missing")
    }
    return layout
  }

  /// - Throws: ``KernelError`` if the input is omitted.
  func dims(_ input: Int) throws -> [Int] { try layout(input).dims }

  func scalar(_ input: Int) throws -> ScalarType { try layout(input).scalar }

  /// - Throws: ``KernelError`` if the shape is not known.
  func outputDims(_ output: Int = 0) throws -> [Int] {
    guard let shape = signature.output(output)?.knownShape else {
      throw KernelError("the shape of output \(output) depends on the data")
    }
    return shape
  }

  /// The integers of an input that is known before anything runs.
  ///
  /// - Throws: ``KernelError`` if they are computed from data.
  func integers(_ input: Int) throws -> [Int] {
    guard let content = signature.input(input)?.knownContent ?? signature.input(input)?.constant?.integers
    else {
      throw KernelError("input \(input) must be known before the network runs")
    }
    return content
  }

  /// Whether an output is asked for.
  func wants(_ output: Int) -> Bool { signature.output(output) != nil }

  /// The numbers of a small constant input.
  ///
  /// - Throws: ``KernelError`` if it is no constant.
  func doubles(_ input: Int) throws -> [Double] {
    if let tensor = signature.input(input)?.constant, let values = tensor.doubles { return values }
    return try integers(input).map(Double.init)
  }
}
