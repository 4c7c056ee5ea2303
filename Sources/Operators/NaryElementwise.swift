import GraphIR
import Kernels

/// Functions of two or more numbers, applied element by element with NumPy's broadcasting: ONNX `Add`, `Mul`, `Max`,
/// `Equal`, and the others of ``NaryFunction`` (opset 1 and later).
///
///     Y[…] = f(A[…], B[…], …)
///
/// Before opset 7 a second operand is broadcast only with `broadcast = 1`, and then from axis `axis` of the first.
///
/// ## Shapes    Y is what the operands broadcast to; comparisons and logic give bool
/// ## Channels  each axis of Y ≡ the axes aligned with it, except those of length 1 that are repeated
/// ## Cost      none; every constant of rank 1 or more is a parameter
/// - Throws: `shape-mismatch` where the operands do not broadcast.
/// - SeeAlso: <https://onnx.ai/onnx/repo-docs/Broadcasting.html>
package struct NaryElementwise: ComputableOperator {
  package static let identifiers = NaryFunction.allCases.map { OperatorIdentifier($0.rawValue) }

  private let function: NaryFunction
  private let truncatesModulo: Bool
  private let shiftsLeft: Bool
  /// Where the second operand's first axis lies, in the rules of opset 6 and earlier.
  private let legacyAxis: Int?

  package init(_ node: OperatorNode) throws {
    guard let function = NaryFunction(rawValue: node.opType) else {
      preconditionFailure("the registry gave \(node.opType) to NaryElementwise")
    }
    self.function = function
    truncatesModulo = try node.int("fmod") ?? 0 != 0
    shiftsLeft = try node.string("direction") == "LEFT"
    legacyAxis = node.opsetVersion < 7 && !function.isVariadic ? try node.int("axis") : nil
  }

  /// The axis of a result of rank `rank` that is aligned with an operand's first axis.
  private func offset(_ operand: Int, rank: Int, resultRank: Int) -> Int {
    guard operand == 1, let legacyAxis, legacyAxis >= 0 else { return resultRank - rank }
    return legacyAxis
  }

  package func inferFacts(_ inputs: Operands) throws -> [ValueFact] {
    var result = ValueFact(elementType: function.givesBool ? .bool : elementType(inputs))
    let shapes = inputs.facts.compactMap { $0?.shape }
    guard shapes.count == inputs.count, let rank = shapes.map(\.count).max() else { return [result] }
    let aligned = shapes.enumerated().map { operand, shape in
      let after = rank - offset(operand, rank: shape.count, resultRank: rank) - shape.count
      return shape + [Dimension](repeating: 1, count: Swift.max(after, 0))
    }
    result.shape = try Broadcast.shape(aligned)
    // Contents are aligned at the right.
    if legacyAxis != nil, shapes.contains(where: { $0.count != rank }) { return [result] }
    result.content = ShapeArithmetic(function, truncatesModulo: truncatesModulo)
      .content(inputs.facts.compactMap(\.self), shape: result.shape)
    return [result]
  }

  private func elementType(_ inputs: Operands) -> ElementType? {
    function == .pow ? inputs[0]?.elementType : inputs.facts.lazy.compactMap { $0?.elementType }.first
  }

  package func tieChannels(_ ties: inout ChannelTies) {
    guard let rank = ties.signature.output(0)?.rank else { return }
    let signature = ties.signature
    for axis in 0..<rank {
      let aligned = signature.inputs.indices.compactMap { operand -> OperandAxis? in
        guard let own = signature.input(operand)?.rank else { return nil }
        let position = axis - offset(operand, rank: own, resultRank: rank)
        return (0..<own).contains(position) ? .input(operand, axis: position) : nil
      }
      ties.tieBroadcast(aligned, to: .output(0, axis: axis)) { function.zeroStaysZero(operand: $0) }
    }
  }

  package func constantChannel(_ operands: [Double?], _ signature: Signature) -> Double? {
    let values = signature.inputs.indices.map { operands.element($0) ?? signature.input($0)?.scalar }
    if function == .mul, values.contains(0) { return 0 }
    let known = values.compactMap(\.self)
    guard known.count == values.count else { return nil }
    let isFloating = signature.inputs.allSatisfy { $0?.elementType?.isFloatingPoint ?? true }
    guard isFloating || function != .div else { return nil }
    return function(known, truncatesModulo: truncatesModulo).roundedToFloat
  }

  package func cost(_ signature: Signature) -> Cost {
    Cost(multiplyAccumulates: 0, parameterOperands: Array(signature.inputs.indices))
  }

  package func kernel(_ call: KernelCall) throws -> any Kernel {
    if isPlainAddition(call.signature) {
      let layouts = [try call.layout(0), try call.layout(1)]
      let layout = layouts.first { !$0.isRowMajor } ?? layouts[0]
      return try NativeAddition(layout, appliesRelu: call.activation == .relu, mode: call.mode)
    }
    let operands = try call.layouts.indices.map { try call.dims($0) }
    if let variadic = function.variadic { return VariadicKernel(variadic, operands) }
    guard operands.count == 2, let binary = function.binary(truncatesModulo: truncatesModulo) else {
      throw KernelError("\(function.rawValue) of these operands has no kernel")
    }
    return BinaryKernel(binary, operands[0], operands[1])
  }

  package func kernels(_ call: KernelCall) throws -> KernelChain {
    var chain = KernelChain(call)
    let areFloats = call.layouts.allSatisfy { $0?.scalar == .float } && function.comparison == nil
    if isPlainAddition(call.signature) || areFloats && legacyAxis == nil {
      chain.outputs = chain.append(try kernel(call), chain.inputs)
      return chain
    }
    let rank = try call.outputDims().count
    var operands = try call.layouts.indices.map { try chain.input($0) }
    // An operand that is aligned with an axis gets ones behind it.
    for (position, operand) in operands.enumerated() {
      let behind = rank - offset(position, rank: operand.rank, resultRank: rank) - operand.rank
      guard behind > 0 else { continue }
      operands[position] = try chain.reshape(
        operand, to: operand.dims + [Int](repeating: 1, count: behind))
    }
    chain.outputs = [try compute(operands, &chain, call)]
    return chain
  }

  /// Functions of integers, comparisons, and operands of different types.
  private func compute(_ operands: [KernelChain.Value], _ chain: inout KernelChain, _ call: KernelCall) throws
    -> KernelChain.Value
  {
    guard let first = operands.first else { throw KernelError("there are no operands") }
    if let comparison = function.comparison, operands.count == 2 {
      let kernel = ComparisonKernel(comparison, first.dims, operands[1].dims, of: first.scalar)
      return try chain.run(kernel, first, operands[1])
    }
    let areIntegers = operands.allSatisfy { $0.scalar == .integer }
    if areIntegers, function == .mean {
      throw KernelError("a mean of integers has no kernel")
    }
    let format = try areIntegers ? call.outputFormat() : .float
    var isSigned = true
    if case .integer(let range) = format { isSigned = range.isSigned }
    if let integer = function.integer(
      truncatesModulo: truncatesModulo, shiftsLeft: shiftsLeft, isSigned: isSigned), areIntegers
    {
      var result = first
      for operand in operands.dropFirst() { result = try chain.combineIntegers(integer, result, operand) }
      return try chain.wrap(result, format)
    }
    let floats = try operands.map { try chain.cast($0, to: .float) }
    let result: KernelChain.Value
    if let variadic = function.variadic,
      let sum = chain.append(VariadicKernel(variadic, floats.map(\.dims)), floats).first ?? nil
    {
      result = sum
    } else if floats.count == 2, let binary = function.binary(truncatesModulo: truncatesModulo) {
      result = try chain.combine(binary, floats[0], floats[1])
    } else {
      throw KernelError("\(function.rawValue) of these operands has no kernel")
    }
    return try chain.cast(result, to: call.outputFormat().scalar == .float ? .float : call.outputFormat())
  }

  package func fuses(_ activation: Activation, _ signature: Signature, in mode: KernelMode) -> Bool {
    activation == .relu && isPlainAddition(signature)
  }

  /// The sum of two tensors of floats of one shape.
  private func isPlainAddition(_ signature: Signature) -> Bool {
    guard function == .add || function == .sum, signature.inputs.count == 2 else { return false }
    return signature.input(0)?.elementType?.isFloatingPoint == true && signature.input(0)?.knownShape != nil
      && signature.input(0)?.knownShape == signature.input(1)?.knownShape
  }

  package func refit(_ edit: inout NodeEdit) throws { edit.keepContentsThatEnd() }
}
