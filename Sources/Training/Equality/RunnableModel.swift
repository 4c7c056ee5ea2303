import Analysis
import GraphIR
import Kernels
import Operators

/// A model in use, with the lengths of its inputs settled.
package struct RunnableModel {
  package let program: Program

  /// - Parameters:
  ///   - shapes: of every input, by name.
  ///   - constants: inputs that are given before the network is made ready, by name, because shapes depend on them.
  ///   - memoryLimit: as for ``ProgramSettings``.
  /// - Throws: `no-kernel`, `unknown-shape` and what ``Program`` throws.
  package init(
    _ model: Model, shapes: [String: [Int]], constants: [String: Tensor] = [:], memoryLimit: Int?
  ) throws {
    var model = model
    for input in model.graph.inputs {
      guard let tensor = constants[model.graph[input.value].name] else { continue }
      model.graph[input.value].initializer = tensor
      model.graph.initializers.append(input.value)
    }
    let fixed = Set(constants.keys)
    // An initializer that is an input, too, could be overridden.
    let graph = model.graph
    model.graph.inputs.removeAll { fixed.contains(graph[$0.value].name) }
    let facts = try GraphFacts(
      of: model, registry: .standard, inputShapes: shapes.filter { !fixed.contains($0.key) })
    program = try Program(
      model, facts, ParameterStore(model, facts, mode: .inference),
      ProgramSettings(mode: .inference, memoryLimit: memoryLimit))
  }
}

extension RunnableModel {
  /// Everything that runs in `body` runs on the calling thread.
  package static func onOneThread<Result>(_ body: () throws -> Result) rethrows -> Result {
    let count = Parallel.threadCount
    Parallel.setThreads(1)
    defer { Parallel.setThreads(count) }
    return try body()
  }
}

extension Program.Port {
  /// The elements as Double, which holds every number that a kernel computes with.
  package var doubles: [Double] {
    scalar == .float ? floats.map(Double.init) : integers.map(Double.init)
  }

  /// Writes the elements of a tensor; false where it has none that are numbers, or not as many.
  package func fill(from tensor: Tensor) -> Bool {
    if scalar == .float {
      guard let numbers = tensor.doubles, numbers.count == floats.count else { return false }
      for (index, number) in numbers.enumerated() { floats[index] = Float(number) }
      return true
    }
    guard let numbers = tensor.integers ?? tensor.packedIntegers, numbers.count == integers.count else {
      return false
    }
    for (index, number) in numbers.enumerated() { integers[index] = Int64(number) }
    return true
  }
}
