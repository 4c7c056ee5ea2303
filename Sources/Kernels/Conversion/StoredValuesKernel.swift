/// Numbers that are known when the kernel is made, row-major.
///
/// ## Shapes    Y [dims…]
package final class StoredValuesKernel: Kernel {
  package let inputs: [TensorLayout?] = [nil]
  package let outputs: [TensorLayout?]
  private let values: [Float]

  package init(_ values: [Float], dims: [Int]) {
    precondition(values.count == dims.reduce(1, *))
    self.values = values
    outputs = [TensorLayout(dims)]
  }

  package func forward(_ memory: ForwardMemory) throws -> KernelTask {
    guard !values.isEmpty else { return {} }
    let target = try memory.outputs.bound(0, Float.self)
    return { [values] in
      values.withUnsafeBufferPointer { source in
        if let start = source.baseAddress { target.update(from: start, count: source.count) }
      }
    }
  }
}
