import GraphIR
import Kernels

/// How an operator on small integers is computed by its plain form: what the integers stand for goes in, and what comes
/// out is quantised again.
///
/// Sums of products are computed in Float, which holds integers of up to 24 bits exactly, but for MatMulInteger and
/// QLinearMatMul's integers, which stay integers.
struct QuantizedForm {
  private let name: String
  private let plain: any ComputableOperator
  private let call: KernelCall

  init(_ name: String, _ plain: any ComputableOperator, _ call: KernelCall) {
    self.name = name
    self.plain = plain
    self.call = call
  }

  /// - Throws: ``KernelError`` where there is no such form.
  func compose(_ chain: inout KernelChain) throws -> KernelChain.Value {
    switch name {
    case "MatMulInteger":
      let a = try shifted(chain.input(0), by: chain.optionalInput(2), isRows: true, &chain)
      let b = try shifted(chain.input(1), by: chain.optionalInput(3), isRows: false, &chain)
      return try chain.wrap(product(a, b, &chain), call.outputFormat())
    case "QLinearMatMul":
      let a = try real(0, scale: 1, zero: 2, parameterAxis: -2, &chain)
      let b = try real(3, scale: 4, zero: 5, parameterAxis: -1, &chain)
      return try quantized(product(a, b, &chain), scale: 6, zero: 7, &chain)
    case "ConvInteger":
      let x = try shifted(chain.input(0), by: chain.optionalInput(2), isRows: false, &chain)
      var zero = chain.optionalInput(3)
      let w = try chain.input(1)
      if let own = zero, own.layout.elementCount > 1 {
        zero = try chain.reshape(own, to: own.dims + [Int](repeating: 1, count: w.rank - 1))
      }
      let shiftedW = try shifted(w, by: zero, isRows: false, &chain)
      let sum = try convolution(
        chain.cast(x, to: .float), chain.cast(shiftedW, to: .float), nil, &chain)
      return try chain.cast(sum, to: call.outputFormat())
    case "QLinearConv", "com.microsoft.QLinearConv":
      let x = try real(0, scale: 1, zero: 2, parameterAxis: nil, &chain)
      let w = try real(3, scale: 4, zero: 5, parameterAxis: 0, &chain)
      var bias: KernelChain.Value?
      if let integers = chain.optionalInput(8) {
        // B counts in steps of both scales' product.
        let (xScale, wScale) = (try chain.input(1), try chain.input(4))
        let step = try chain.combine(
          .mul, chain.reshape(wScale, to: wScale.layout.elementCount == 1 ? [] : wScale.dims),
          chain.reshape(xScale, to: []))
        bias = try chain.combine(.mul, chain.cast(integers, to: .float), step)
      }
      return try quantized(convolution(x, w, bias, &chain), scale: 6, zero: 7, &chain)
    case "com.microsoft.QGemm": return try gemm(&chain)
    case "com.microsoft.QLinearAdd", "com.microsoft.QLinearMul":
      let operands = [
        try real(0, scale: 1, zero: 2, parameterAxis: nil, &chain),
        try real(3, scale: 4, zero: 5, parameterAxis: nil, &chain),
      ]
      return try quantized(plainly(operands, &chain), scale: 6, zero: 7, &chain)
    case "com.microsoft.QLinearConcat":
      let operands = try stride(from: 2, to: call.signature.inputs.count, by: 3).map {
        try real($0, scale: $0 + 1, zero: $0 + 2, parameterAxis: nil, &chain)
      }
      return try quantized(plainly(operands, &chain), scale: 0, zero: 1, &chain)
    case "com.microsoft.QLinearAveragePool", "com.microsoft.QLinearGlobalAveragePool",
      "com.microsoft.QLinearLeakyRelu", "com.microsoft.QLinearReduceMean", "com.microsoft.QLinearSigmoid",
      "com.microsoft.QLinearSoftmax":
      let x = try real(0, scale: 1, zero: 2, parameterAxis: nil, &chain)
      return try quantized(plainly([x], &chain), scale: 3, zero: 4, &chain)
    default: throw KernelError("\(name) has no kernel")
    }
  }

  /// Y = quantise(α·A′·B′ + C), where C counts in steps of both scales' product; or Y as it is, without a scale of its own.
  private func gemm(_ chain: inout KernelChain) throws -> KernelChain.Value {
    guard try chain.input(4).layout.elementCount == 1 else {
      throw KernelError("its weights have several scales")
    }
    let a = try real(0, scale: 1, zero: 2, parameterAxis: nil, &chain)
    let b = try real(3, scale: 4, zero: 5, parameterAxis: nil, &chain)
    var bias: KernelChain.Value?
    if let integers = chain.optionalInput(6) {
      let step = try chain.combine(
        .mul, chain.reshape(chain.input(1), to: []), chain.reshape(chain.input(4), to: []))
      bias = try chain.combine(.mul, chain.cast(integers, to: .float), step)
    }
    let y = try plainly([a, b, bias], &chain)
    return chain.optionalInput(7) == nil ? y : try quantized(y, scale: 7, zero: 8, &chain)
  }

  // MARK: - Parts

  /// The integers with their zero point at 0; one zero point a row or column stands along that axis.
  private func shifted(
    _ x: KernelChain.Value, by zero: KernelChain.Value?, isRows: Bool, _ chain: inout KernelChain
  ) throws -> KernelChain.Value {
    guard let zero else { return x }
    let isSingle = zero.layout.elementCount == 1
    let dims = isSingle ? [] : isRows && zero.rank == 1 ? zero.dims + [1] : zero.dims
    return try chain.combineIntegers(.sub, x, chain.reshape(zero, to: dims))
  }

  /// What the integers of an input stand for.
  ///
  /// - Parameter parameterAxis: the axis along which there may be a scale for each index.
  private func real(
    _ index: Int, scale: Int, zero: Int, parameterAxis: Int?, _ chain: inout KernelChain
  ) throws -> KernelChain.Value {
    let x = try chain.input(index)
    let (own, shift) = (try chain.input(scale), chain.optionalInput(zero))
    guard own.layout.elementCount > 1 else {
      let kernel = DequantizeLinearKernel(x.dims, axis: nil, hasZero: shift != nil)
      return try chain.run(
        kernel, x, chain.reshape(own, to: []), shift.map { try chain.reshape($0, to: []) })
    }
    guard let parameterAxis, own.rank == 1, x.rank >= 2 else {
      throw KernelError("its scale has several axes")
    }
    let axis = parameterAxis < 0 ? parameterAxis + x.rank : parameterAxis
    guard x.dims[axis] == own.dims[0], shift.map({ $0.dims == own.dims }) ?? true else {
      throw KernelError("there is not one scale for each index of axis \(axis)")
    }
    return try chain.run(DequantizeLinearKernel(x.dims, axis: axis, hasZero: shift != nil), x, own, shift)
  }

  private func quantized(_ y: KernelChain.Value, scale: Int, zero: Int, _ chain: inout KernelChain) throws
    -> KernelChain.Value
  {
    guard case .integer(let range) = try call.outputFormat() else {
      throw KernelError("floats of 8 bits have no kernel")
    }
    let (own, shift) = (try chain.input(scale), chain.optionalInput(zero))
    guard own.layout.elementCount == 1 else { throw KernelError("its result has several scales") }
    return try chain.run(
      QuantizeLinearKernel(y.dims, axis: nil, to: range, hasZero: shift != nil), y,
      chain.reshape(own, to: []), shift.map { try chain.reshape($0, to: []) })
  }

  private func product(_ a: KernelChain.Value, _ b: KernelChain.Value, _ chain: inout KernelChain) throws
    -> KernelChain.Value
  {
    let left = try a.rank == 1 ? chain.reshape(a, to: [1, a.dims[0]]) : a
    let right = try b.rank == 1 ? chain.reshape(b, to: [b.dims[0], 1]) : b
    return try chain.reshape(chain.product(left, right), to: call.outputDims())
  }

  private func convolution(
    _ x: KernelChain.Value, _ w: KernelChain.Value, _ bias: KernelChain.Value?, _ chain: inout KernelChain
  ) throws -> KernelChain.Value { try plainly([x, w, bias], &chain) }

  /// What the plain operator makes of floating-point numbers; the last may be missing.
  private func plainly(_ operands: [KernelChain.Value?], _ chain: inout KernelChain) throws
    -> KernelChain.Value
  {
    let present = operands.compactMap(\.self)
    let facts = present.map { ValueFact(elementType: .float, shape: $0.dims.map { Dimension($0) }) }
    let signature = Signature(
      inputs: facts,
      outputs: call.signature.outputs.map { $0.map { ValueFact(elementType: .float, shape: $0.shape) } })
    let plainCall = KernelCall(
      signature, layouts: present.map(\.layout), mode: call.mode, algorithms: call.algorithms,
      isReproducible: call.isReproducible)
    guard let y = chain.run(try plain.kernels(plainCall), operands).first ?? nil else {
      throw KernelError("\(name) gives nothing")
    }
    return y
  }
}
