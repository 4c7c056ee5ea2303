/// A function of one float, applied to every element.
///
///     Y = f(X)        dX = dY · f′(X)
///
/// ## Shapes    Y like X
/// - SeeAlso: <https://onnx.ai/onnx/operators/>
package final class UnaryKernel: DifferentiableKernel {
  package let inputs: [TensorLayout?]
  package let outputs: [TensorLayout?]
  package let overwritableInputs = [0]
  package let differentiableInputs = [0]
  package let backwardReads: BackwardReads

  private let function: any UnaryFloatFunction
  private let count: Int

  package init(_ function: UnaryFunction, _ dims: [Int]) {
    self.function = function.implementation
    let layout = TensorLayout(dims)
    inputs = [layout]
    outputs = [layout]
    count = layout.elementCount
    backwardReads =
      switch self.function.derivativeReads {
      case .nothing: BackwardReads()
      case .input: BackwardReads(inputs: [0])
      case .output: BackwardReads(outputs: [0])
      }
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    let x = try memory.inputs.floats(0)
    let y = try memory.outputs.floats(0)
    let (function, count, grain) = (function, count, type(of: function).grain)
    return {
      Parallel.run(count, grain: grain) { function.map(x + $0.lowerBound, y + $0.lowerBound, $0.count) }
    }
  }

  package func backward(_ memory: BackwardMemory) throws -> KernelTask {
    guard memory.inputGradients[0] != nil else { return {} }
    let dx = try memory.inputGradients.floats(0)
    let dy = try memory.outputGradients.floats(0)
    let operand =
      switch function.derivativeReads {
      case .nothing: dy
      case .input: try memory.inputs.floats(0)
      case .output: try memory.outputs.floats(0)
      }
    let (function, count, grain) = (function, count, type(of: function).grain)
    return {
      Parallel.run(count, grain: grain) {
        function.pullBack(operand + $0.lowerBound, dy + $0.lowerBound, dx + $0.lowerBound, $0.count)
      }
    }
  }
}
