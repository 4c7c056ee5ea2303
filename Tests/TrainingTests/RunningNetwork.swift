import Analysis
import GraphIR
import Kernels
import ONNXFormat
import Operators
import TestSupport
import Training

/// A fixture that runs, with seeded numbers for its inputs.
struct RunningNetwork {
  let program: Program
  let store: ParameterStore

  /// - Parameter batch: length of every axis that the file leaves open.
  init(_ name: String, _ mode: KernelMode, batch: Int = 4) throws {
    try self.init(try ONNXImporter.load(Golden.fixture(name)).model, mode, batch: batch)
  }

  init(_ model: Model, _ mode: KernelMode, batch: Int = 4) throws {
    var shapes: [String: [Int]] = [:]
    let open = try GraphFacts(of: model, registry: .standard)
    for input in model.graph.inputs {
      shapes[model.graph[input.value].name] = open[input.value].shape?.map { $0.known ?? batch }
    }
    let facts = try GraphFacts(of: model, registry: .standard, inputShapes: shapes)
    store = try ParameterStore(model, facts)
    program = try Program(model, facts, store, ProgramSettings(mode: mode))
    var state: UInt64 = 1
    for port in program.inputs where port.scalar == .float {
      for index in port.floats.indices { port.floats[index] = Self.number(&state) }
    }
  }

  /// Uniform in −1…1.
  static func number(_ state: inout UInt64) -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }

  /// Σ g·y, with seeded g, which is what ``gradient()`` differentiates.
  func loss() throws -> Double {
    program.parametersChanged()
    try program.forward()
    var state: UInt64 = 7
    return program.outputs[0].floats.reduce(0) { $0 + Double($1) * Double(Self.number(&state)) }
  }

  func differentiate() throws {
    var state: UInt64 = 7
    let gradient = program.outputGradients[0].floats
    for index in gradient.indices { gradient[index] = Self.number(&state) }
    for port in program.outputGradients.dropFirst() { port.floats.update(repeating: 0) }
    try program.backward()
  }
}

/// Facts with every open length left open.
func facts(of model: Model) throws -> GraphFacts { try GraphFacts(of: model, registry: .standard) }
