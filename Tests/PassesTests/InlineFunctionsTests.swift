import GraphIR
import Operators
import Passes
import TestSupport
import Testing

@Suite("Inlining of functions")
struct InlineFunctionsTests {
  /// A function of the domain `local` whose body is what `make` builds.
  private func function(
    _ name: String, _ inputs: [String], _ outputs: [String], opsets: [(String, Int64)] = [("", 17)],
    defaults: [Attribute] = [], overload: String? = nil, _ make: (inout ModelMaker) -> Void
  ) -> LocalFunction {
    var maker = ModelMaker()
    for input in inputs { maker.input(input, []) }
    make(&maker)
    for output in outputs { maker.output(output) }
    let imports = (opsets + [("local", 1)]).map { OpsetImport(domain: $0.0, version: $0.1) }
    return LocalFunction(
      identifier: FunctionIdentifier(domain: "local", name: name, overload: overload),
      message: OpaqueMessage(bytes: []),
      body: FunctionBody(graph: maker.model.graph, opsetImports: imports, defaults: defaults))
  }

  /// A network whose input and output are `x` and `y`, and its functions.
  private func model(_ functions: [LocalFunction], _ make: (inout ModelMaker) -> Void) -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    make(&maker)
    maker.output("y")
    var model = maker.model
    model.opsetImports.append(OpsetImport(domain: "local", version: 1))
    model.functions = functions
    return model
  }

  private func inline(_ model: Model) throws -> Compilation {
    var state = Compilation(model, registry: .standard, inputShapes: [:])
    try Pipeline([InlineFunctions()]).run(on: &state)
    return state
  }

  /// The nodes, as lines of text.
  private func nodes(_ model: Model) -> [String] {
    model.text().split(separator: "\n").map { $0.drop { $0 == " " } }.filter { $0.contains("->") }
      .map(String.init)
  }

  private var twice: LocalFunction {
    function("Twice", ["a"], ["b"]) { maker in
      maker.node("Relu", ["a"], ["h"], name: "first")
      maker.node("Relu", ["h"], ["b"], name: "second")
    }
  }

  @Test("names what is inside after the calls around it, outermost first")
  func nested() throws {
    let outer = function("Outer", ["a"], ["b"]) { maker in
      maker.node("Twice", ["a"], ["h"], name: "inner", domain: "local")
      maker.node("Tanh", ["h"], ["b"], name: "last")
    }
    let state = try inline(
      model([outer, twice]) { maker in
        maker.node("Outer", ["x"], ["m"], name: "block", domain: "local")
        maker.node("Twice", ["m"], ["y"], name: "", domain: "local")
      })
    #expect(
      nodes(state.model) == [
        "block/inner/first = Relu(x) -> block/inner/h",
        "block/inner/second = Relu(block/inner/h) -> block/h",
        "block/last = Tanh(block/h) -> m",
        "y/first = Relu(m) -> y/h",
        "y/second = Relu(y/h) -> y",
      ])
    #expect(state.model.functions.isEmpty && state.functionNotes.isEmpty)
  }

  @Test("numbers names that are taken")
  func takenNames() throws {
    let state = try inline(
      model([twice]) { maker in
        maker.node("Relu", ["x"], ["call/h"], name: "call/first")
        maker.node("Twice", ["call/h"], ["m"], name: "call", domain: "local")
        maker.node("Twice", ["m"], ["y"], name: "call", domain: "local")
      })
    #expect(
      nodes(state.model) == [
        "call/first = Relu(x) -> call/h", "call/first.1 = Relu(call/h) -> call/h.1",
        "call/second = Relu(call/h.1) -> m", "call/first.2 = Relu(m) -> call/h.2",
        "call/second.1 = Relu(call/h.2) -> y",
      ])
  }

  @Test("fills in attributes: given, by default, and none; through two calls")
  func attributes() throws {
    let leaky = function("Leaky", ["a"], ["b"], defaults: [Attribute("slope", .float(0.5))]) { maker in
      maker.node("LeakyRelu", ["a"], ["b"], [Attribute("alpha", .reference("slope", type: 1))], name: "act")
    }
    let outer = function("Outer", ["a"], ["b"]) { maker in
      maker.node(
        "Leaky", ["a"], ["b"], [Attribute("slope", .reference("strength", type: 1))], name: "leaky",
        domain: "local")
    }
    let bare = function("Bare", ["a"], ["b"]) { maker in
      maker.node("LeakyRelu", ["a"], ["b"], [Attribute("alpha", .reference("none", type: 1))], name: "act")
    }
    let state = try inline(
      model([leaky, outer, bare]) { maker in
        maker.node("Outer", ["x"], ["a"], [Attribute("strength", .float(0.25))], name: "1", domain: "local")
        maker.node("Outer", ["a"], ["b"], name: "2", domain: "local")
        maker.node("Bare", ["b"], ["y"], name: "3", domain: "local")
      })
    #expect(
      nodes(state.model) == [
        "1/leaky/act = LeakyRelu(x) {alpha = 0.25} -> a", "2/leaky/act = LeakyRelu(a) {alpha = 0.5} -> b",
        "3/act = LeakyRelu(b) -> y",
      ])
  }

  @Test("leaves out what a call leaves out, and hands on inputs that are outputs")
  func optionalParts() throws {
    let both = function("Both", ["a", "w", "c"], ["a", "b", "b2"]) { maker in
      maker.node("Conv", ["a", "w", "c"], ["b"], name: "conv")
      maker.node("Relu", ["b"], ["b2"], name: "relu")
    }
    let state = try inline(
      model([both]) { maker in
        maker.weight("w", [2, 2, 1, 1])
        maker.node("Both", ["x", "w"], ["same", "", "m"], name: "call", domain: "local")
        maker.node("Add", ["same", "m"], ["y"], name: "sum")
      })
    #expect(
      nodes(state.model) == [
        "call/conv = Conv(x, w) -> call/b", "call/relu = Relu(call/b) -> m",
        "call/same = Identity(x) -> same", "sum = Add(same, m) -> y",
      ])
  }

  @Test("brings operator sets along that the model lacks, and leaves calls alone that need another version")
  func operatorSets() throws {
    let other = function("Other", ["a"], ["b"], opsets: [("", 13)]) { $0.node("Relu", ["a"], ["b"]) }
    let extra = function("Extra", ["a"], ["b"], opsets: [("com.example", 3)]) {
      $0.node("Mystery", ["a"], ["b"], domain: "com.example")
    }
    let state = try inline(
      model([other, extra]) { maker in
        maker.node("Other", ["x"], ["m"], name: "other", domain: "local")
        maker.node("Extra", ["m"], ["y"], name: "extra", domain: "local")
      })
    #expect(state.model.graph.nodes.map(\.opType) == ["Other", "Mystery"])
    #expect(state.model.opsetVersion(domain: "com.example") == 3)
    #expect(state.model.functions.map(\.identifier.name) == ["Other"])
    #expect(
      state.functionNotes == [
        "calls of function 'local.Other' stay as they are: it is written for version 13 of operator set ai.onnx, "
          + "the model for 17"
      ])
  }

  @Test("tells overloads apart, and keeps a function that nobody called")
  func overloads() throws {
    let tanh = function("F", ["a"], ["b"], overload: "tanh") { $0.node("Tanh", ["a"], ["b"]) }
    let relu = function("F", ["a"], ["b"]) { $0.node("Relu", ["a"], ["b"]) }
    var source = model([tanh, relu, twice]) { $0.node("F", ["x"], ["y"], domain: "local") }
    source.graph.nodes[0].overload = "tanh"
    let state = try inline(source)
    #expect(state.model.graph.nodes.map(\.opType) == ["Tanh"])
    #expect(state.model.functions.map(\.identifier.description) == ["local.F", "local.Twice"])
  }

  @Test("gives bodies inside functions names of their own at every call")
  func bodies() throws {
    var body = Graph(name: "then")
    let captured = body.addValue("h")
    body.captures = [captured]
    let result = body.addValue("r")
    body.nodes = [
      Node(id: body.makeNodeID(), name: "neg", opType: "Neg", inputs: [captured], outputs: [result])
    ]
    body.outputs = [ValueInfo(value: result, type: nil)]
    let choose = function("Choose", ["a", "flag"], ["b"]) { maker in
      maker.node("Relu", ["a"], ["h"], name: "relu")
      maker.node("If", ["flag"], ["b"], [Attribute("then_branch", .graph(body))], name: "if")
    }
    let state = try inline(
      model([choose]) { maker in
        maker.input("flag", [])
        maker.node("Choose", ["x", "flag"], ["m"], name: "1", domain: "local")
        maker.node("Choose", ["m", "flag"], ["y"], name: "2", domain: "local")
      })
    let bodies = state.model.graph.nodes.flatMap(\.subgraphs)
    #expect(bodies.map { $0[$0.captures[0]].name } == ["1/h", "2/h"])
    #expect(bodies.map { $0[$0.outputs[0].value].name } == ["1/r", "2/r"])
    #expect(bodies.map { $0.nodes[0].name } == ["1/neg", "2/neg"])
  }

  @Test("leaves functions alone that would grow without bounds")
  func explosion() throws {
    var functions = [twice]
    for level in 0..<30 {
      let callee = functions[level].identifier.name
      functions.append(
        function("Level\(level)", ["a"], ["b"]) { maker in
          maker.node(callee, ["a"], ["h"], domain: "local")
          maker.node(callee, ["h"], ["b"], domain: "local")
        })
    }
    let source = model(functions) { $0.node("Level29", ["x"], ["y"], domain: "local") }
    let state = try inline(source)
    #expect(state.model == source)
    #expect(state.functionNotes.count == 31)
  }

  @Test("leaves functions alone whose constants would be many times what the file stores")
  func constants() throws {
    let bytes = try Bytes(copying: [Float](repeating: 1, count: 4096))
    let values = Tensor(elementType: .float, dims: [4096], payload: .raw(bytes))
    let large = function("Large", ["a"], ["b"]) { maker in
      maker.node("Constant", [], ["c"], [Attribute("value", .tensor(values))])
      maker.node("Add", ["a", "c"], ["b"])
    }
    func calls(_ count: Int) throws -> Compilation {
      try inline(
        model([large]) { maker in
          for index in 0..<count {
            let output = index + 1 == count ? "y" : "h\(index)"
            maker.node("Large", [index == 0 ? "x" : "h\(index - 1)"], [output], domain: "local")
          }
        })
    }
    #expect(try calls(200).functionNotes.isEmpty)
    let refused = try calls(400)
    #expect(refused.model.functions.count == 1)
    #expect(refused.functionNotes.first?.contains("bytes of constants") == true)
  }
}
