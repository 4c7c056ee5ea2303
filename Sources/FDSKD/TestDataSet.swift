import FoundationEssentials
import GraphIR
import ONNXFormat
import Operators
import Training

/// One case of an ONNX test data set: `input_0.pb`, …, `output_0.pb`, …, each a `TensorProto`.
///
/// - SeeAlso: <https://github.com/onnx/onnx/blob/main/docs/OnnxBackendTest.md>
struct TestDataSet {
  private let path: String
  /// By name of the model's inputs and outputs.
  private let inputs: [(name: String, tensor: Tensor)]
  private let outputs: [(name: String, tensor: Tensor)]

  /// The cases in a folder, or in the folders in it that are called `test_data_set_…`.
  ///
  /// - Throws: `no-test-data` where there is none.
  static func find(in folder: String, for model: Model) throws -> [TestDataSet] {
    let names = try InputFile.names(inFolder: folder)
    if names.contains("output_0.pb") { return [try TestDataSet(folder, model)] }
    let sets = names.filter { $0.hasPrefix("test_data_set_") }
    guard !sets.isEmpty else {
      throw CompileError(
        "no-test-data", "has no output_0.pb and no folder test_data_set_0", file: folder)
    }
    return try sets.map { try TestDataSet(folder + "/" + $0, model) }
  }

  private init(_ folder: String, _ model: Model) throws {
    path = folder
    let graph = model.graph
    func tensors(_ infos: [ValueInfo], _ kind: String, mayEnd: (ValueID) -> Bool) throws
      -> [(name: String, tensor: Tensor)]
    {
      var found: [(name: String, tensor: Tensor)] = []
      for (index, info) in infos.enumerated() {
        let file = "\(folder)/\(kind)_\(index).pb"
        guard FileManager.default.fileExists(atPath: file) else {
          if mayEnd(info.value) { break }
          throw CompileError(
            "test-data", "has no \(kind)_\(index).pb for '\(graph[info.value].name)'", file: folder)
        }
        found.append((graph[info.value].name, try ONNXImporter.tensor(file)))
      }
      return found
    }
    // Inputs with a default may be left out at the end.
    inputs = try tensors(graph.inputs, "input") { graph[$0].initializer != nil }
    outputs = try tensors(graph.outputs, "output") { _ in false }
  }

  /// The model for the shapes of this case, its inputs filled.
  ///
  /// Inputs that shapes depend on have to be known before: if the network cannot be made ready with all inputs open,
  /// integers are given as constants, and then all but the first input.
  func program(of model: Model, memoryLimit: Int?) throws -> Program {
    let shapes = Dictionary(inputs.map { ($0.name, $0.tensor.dims) }, uniquingKeysWith: { first, _ in first })
    let integers = inputs.filter { !$0.tensor.elementType.isFloatingPoint }
    var failure: any Error = CompileError("test-data", "has no inputs", file: path)
    for constant in [[], integers, Array(inputs.dropFirst())] {
      let constants = Dictionary(
        constant.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
      do {
        let program = try RunnableModel(
          model, shapes: shapes, constants: constants, memoryLimit: memoryLimit
        ).program
        for port in program.inputs {
          guard let tensor = inputs.first(where: { $0.name == port.name })?.tensor, port.fill(from: tensor)
          else {
            throw CompileError("test-data", "has no numbers for input '\(port.name)'", file: path)
          }
        }
        return program
      } catch { failure = error }
    }
    throw failure
  }

  func differences(of program: Program, _ tolerance: Tolerance) throws -> [OutputDifference] {
    try outputs.map { name, tensor in
      guard let port = program.outputs.first(where: { $0.name == name }) else {
        throw CompileError("test-data", "the model has no output '\(name)'", file: path)
      }
      return OutputDifference(expected: tensor, found: port, tolerance)
    }
  }
}
