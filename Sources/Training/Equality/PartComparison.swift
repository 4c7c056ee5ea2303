import Analysis
import GraphIR
import Kernels

/// The part of a network that is run, beside the same part of the network that was made of it by removing channels.
package struct PartComparison {
  private let reference: Program
  private let result: Program
  private let kept: KeptPositions
  /// By input of the result: the value of the reference that it takes its numbers from.
  private let sources: [Program.Port?]
  /// What is compared: of the reference, and of the result.
  private let pairs: [(expected: Program.Port, found: Program.Port)]

  /// - Parameters:
  ///   - reference: the network before, its removed channels at zero.
  ///   - model: the result.
  ///   - inputShapes: of every input, by name.
  ///   - memoryLimit: as for ``ProgramSettings``.
  /// - Throws: why the result does not run.
  package init(
    _ reference: PartSearch.Runnable, _ model: Model, kept: KeptPositions, inputShapes: [String: [Int]],
    memoryLimit: Int?
  ) throws {
    let (part, chosenBy) = reference.part.result(of: model) { kept.dims(of: $0.value, $0.dims) }
    let facts = try PartSearch.facts(of: part, inputShapes)
    let outputs = Set(model.graph.outputs.map(\.value))
    let index = GraphIndex(part.graph)
    let present = reference.part.compared.filter { outputs.contains($0) || index.producer(of: $0) != nil }
    result = try Program(
      part, facts, ParameterStore(part, facts, mode: .inference), outputs: present,
      ProgramSettings(mode: .inference, memoryLimit: memoryLimit))
    self.reference = reference.program
    self.kept = kept
    let ports = Dictionary(
      (reference.program.outputs + reference.program.inputs).map { ($0.value, $0) },
      uniquingKeysWith: { first, _ in first })
    let origins = Dictionary(uniqueKeysWithValues: chosenBy.map { ($1, $0) })
    sources = result.inputs.map { ports[origins[$0.value] ?? $0.value] }
    pairs = result.outputs.compactMap { found in ports[found.value].map { ($0, found) } }
  }

  /// Runs the result on what the reference ran on, and tells how each value differs.
  ///
  /// - Throws: `run` where the result cannot cope with the numbers.
  package func differences(_ tolerance: Tolerance) throws -> [(value: ValueID, difference: OutputDifference)]
  {
    for (port, source) in zip(result.inputs, sources) {
      guard let source, let elements = kept.elements(of: source, source.value),
        elements.count == port.dims.reduce(port.scalar.byteCount, *)
      else { throw CompileError("run", "the input '\(port.name)' has shape \(port.dims)") }
      elements.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { port.address.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
    try result.forward()
    return pairs.map { expected, found in
      (expected.value, OutputDifference(expected: expected, found: found, kept, tolerance))
    }
  }
}
