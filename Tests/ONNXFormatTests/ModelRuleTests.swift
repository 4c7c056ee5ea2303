import GraphIR
import ONNXFormat
import Testing

/// What a model must be once its bytes are in order.
@Suite struct ModelRuleTests {
  private let relu = Proto.node("Relu", ["x"], ["y"])

  @Test func aModelStatesVersionOperatorsAndGraph() throws {
    #expect(try rejection(Proto { $0.message(7, .graph([])) })?.code == "no-ir-version")
    #expect(try rejection(Proto { $0.int(1, 10) })?.code == "no-graph")
    let noOpset = Proto { model in
      model.int(1, 10)
      model.message(7, .graph([relu]))
    }
    #expect(try rejection(noOpset)?.code == "no-opset")
  }

  @Test(arguments: [0, 2, 15, 999] as [Int64])
  func anUnknownIRVersionIsRejectedWithTheRange(version: Int64) throws {
    let error = try rejection(.model(.graph([relu])) { $0.int(1, version) })
    #expect(error?.code == "ir-version")
    #expect(error?.message.contains("3 to 14") == true)
  }

  @Test(arguments: [("", 29), ("ai.onnx", 999), ("ai.onnx.ml", 6), ("", 0)] as [(String, Int64)])
  func anUnknownOpsetIsRejectedWithTheRange(domain: String, version: Int64) throws {
    let model = Proto { model in
      model.int(1, 10)
      model.message(8) { opset in
        opset.text(1, domain)
        opset.int(2, version)
      }
      model.message(7, .graph([relu]))
    }
    let error = try rejection(model)
    #expect(error?.code == "opset-version")
    #expect(error?.message.contains("1 to \(domain == "ai.onnx.ml" ? 5 : 28)") == true)
  }

  @Test func foreignDomainsMayHaveAnyVersion() throws {
    let model = Proto.model(.graph([relu])) { model in
      model.message(8) { opset in
        opset.text(1, "com.example")
        opset.int(2, 1000)
      }
    }
    #expect(try rejection(model) == nil)
  }

  @Test func aDomainIsImportedOnce() throws {
    let model = Proto.model(.graph([relu])) { model in
      model.message(8) { opset in
        opset.text(1, "ai.onnx")
        opset.int(2, 20)
      }
    }
    #expect(try rejection(model)?.code == "duplicate-name")
  }

  private func function(_ name: String, calls: [String]) -> Proto {
    Proto { function in
      function.text(1, name)
      for callee in calls {
        function.message(7, .node(callee, ["a"], ["b"]) { $0.text(7, "local") })
      }
      function.text(10, "local")
    }
  }

  @Test func functionsMayCallEachOtherButNotThemselves() throws {
    let chain = Proto.model(.graph([relu])) { model in
      model.message(25, function("F", calls: ["G", "Relu"]))
      model.message(25, function("G", calls: []))
    }
    #expect(try rejection(chain) == nil)
    let cycle = Proto.model(.graph([relu])) { model in
      model.message(25, function("F", calls: ["G"]))
      model.message(25, function("G", calls: ["F"]))
    }
    #expect(try rejection(cycle)?.code == "recursive-function")
    let twice = Proto.model(.graph([relu])) { model in
      model.message(25, function("F", calls: []))
      model.message(25, function("F", calls: []))
    }
    #expect(try rejection(twice)?.code == "duplicate-name")
  }

  @Test func aCallFromASubgraphOfAFunctionCounts() throws {
    let inner = Proto.graph([.node("F", [], ["y"]) { $0.text(7, "local") }])
    let node = Proto.node("If", ["a"], ["b"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "then_branch")
        attribute.message(6, inner)
      }
    }
    let model = Proto.model(.graph([relu])) { model in
      model.message(25) { function in
        function.text(1, "F")
        function.message(7, node)
        function.text(10, "local")
      }
    }
    #expect(try rejection(model)?.code == "recursive-function")
  }

  @Test func aValueIsDefinedOnce() throws {
    let twice = Proto.graph([relu, .node("Neg", ["x"], ["y"])])
    #expect(try rejection(.model(twice))?.code == "duplicate-name")
    let initializers = Proto.graph([relu], initializers: [.tensor("w"), .tensor("w")])
    #expect(try rejection(.model(initializers))?.code == "duplicate-name")
    let inputs = Proto.graph([relu]) { $0.message(11) { $0.text(1, "x") } }
    #expect(try rejection(.model(inputs))?.code == "duplicate-name")
    let overwritten = Proto.graph([.node("Neg", ["x"], ["x"]), relu])
    #expect(try rejection(.model(overwritten))?.code == "duplicate-name")
  }

  @Test func anInitializerMayBeAnInputToo() throws {
    let graph = Proto.graph([.node("Add", ["x", "w"], ["y"])], initializers: [.tensor("w")]) {
      $0.message(11) { $0.text(1, "w") }
    }
    let model = try ONNXImporter.load(Proto.model(graph).buffer).model
    #expect(model.graph.inputs.map { model.graph[$0.value].name } == ["x", "w"])
    #expect(model.graph.inputs[1].value == model.graph.initializers[0])
  }

  @Test func nodesAreSortedBehindWhatTheyNeed() throws {
    let unsorted = Proto.graph([
      .node("Neg", ["b"], ["y"]), .node("Abs", ["x"], ["c"]), .node("Relu", ["a"], ["b"]),
      .node("Exp", ["x"], ["a"]), .node("Log", ["x"], ["d"]),
    ])
    let read = try ONNXImporter.load(Proto.model(unsorted).buffer)
    #expect(read.model.graph.nodes.map(\.opType) == ["Exp", "Relu", "Neg", "Abs", "Log"])
    #expect(read.notes.map(\.code) == ["unsorted-nodes"])
    try read.model.graph.verify()
  }

  @Test func sortedNodesStayAsTheyAre() throws {
    let sorted = Proto.graph([
      .node("Abs", ["x"], ["c"]), .node("Exp", ["x"], ["a"]), .node("Neg", ["a"], ["y"]),
    ])
    let read = try ONNXImporter.load(Proto.model(sorted).buffer)
    #expect(read.model.graph.nodes.map(\.opType) == ["Abs", "Exp", "Neg"])
    #expect(read.notes.isEmpty)
  }

  @Test func aCycleIsToldFromBadOrder() throws {
    let cycle = Proto.graph([
      .node("Add", ["x", "b"], ["a"]), .node("Neg", ["a"], ["b"]), .node("Neg", ["b"], ["y"]),
    ])
    #expect(try rejection(.model(cycle))?.code == "graph-cycle")
    let loop = Proto.graph([.node("Add", ["x", "y"], ["y"])])
    #expect(try rejection(.model(loop))?.code == "graph-cycle")
  }

  @Test func everyNameLeadsSomewhere() throws {
    let input = Proto.graph([.node("Add", ["x", "nowhere"], ["y"])])
    let error = try rejection(.model(input))
    #expect(error?.code == "dangling-name")
    #expect(error?.message.contains("'nowhere'") == true)
    #expect(try rejection(.model(.graph([.node("Relu", ["x"], ["z"])])))?.code == "dangling-name")
  }

  @Test func aSubgraphSeesTheGraphAroundIt() throws {
    let branch = Proto { graph in
      graph.message(1, .node("Neg", ["x"], ["inner"]))
      graph.message(12) { $0.text(1, "inner") }
    }
    func model(_ nodes: [Proto]) -> Proto { .model(.graph(nodes)) }
    let conditional = Proto.node("If", ["x"], ["y"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "then_branch")
        attribute.message(6, branch)
        attribute.int(20, 5)
      }
    }
    let read = try ONNXImporter.load(model([conditional]).buffer).model
    let inner = try #require(read.graph.nodes[0].subgraphs.first)
    #expect(inner.captures.map { inner[$0].name } == ["x"])
    // What a branch sees is computed before its node, wherever the file has it.
    let early = Proto.node("If", ["x"], ["z"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "then_branch")
        attribute.message(6, .graph([.node("Neg", ["y"], ["w"])]))
      }
    }
    let sorted = try ONNXImporter.load(model([early, relu]).buffer)
    #expect(sorted.model.graph.nodes.map(\.opType) == ["Relu", "If"])
    #expect(sorted.notes.count == 1)
  }

  @Test func bodiesAreSortedToo() throws {
    let branch = Proto { graph in
      graph.message(1, .node("Neg", ["early"], ["inner"]))
      graph.message(1, .node("Abs", ["late"], ["early"]))
      graph.message(12) { $0.text(1, "inner") }
    }
    let conditional = Proto.node("If", ["x"], ["z"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "then_branch")
        attribute.message(6, branch)
        attribute.int(20, 5)
      }
    }
    let graph = Proto.graph([conditional, .node("Exp", ["x"], ["late"]), relu])
    let read = try ONNXImporter.load(Proto.model(graph).buffer)
    #expect(read.model.graph.nodes.map(\.opType) == ["Exp", "If", "Relu"])
    let inner = try #require(read.model.graph.nodes[1].subgraphs.first)
    #expect(inner.nodes.map(\.opType) == ["Abs", "Neg"])
    #expect(inner.captures.map { inner[$0].name } == ["late"])
  }

  private func rejection(ofTensor tensor: Proto) throws -> CompileError? {
    try rejection(.model(.graph([relu], initializers: [tensor])))
  }

  private func rejection(_ model: Proto) throws -> CompileError? { try ONNXFormatTests.rejection(model) }

  @Test(arguments: [0, 7, 9, 16])
  func rawDataHasTheLengthThatTheDimsAskFor(count: Int) throws {
    let error = try rejection(ofTensor: .tensor("w", raw: [UInt8](repeating: 0, count: count)))
    #expect(error?.code == "tensor-length")
    #expect(error?.place == "tensor 'w'")
  }

  @Test(
    arguments: [(22, 3, 2), (26, 5, 2), (27, 3, 3), (9, 3, 3), (16, 3, 6), (15, 1, 16)]
      as [(Int64, Int64, Int)])
  func elementsSmallerThanAByteArePacked(type: Int64, count: Int64, bytes: Int) throws {
    #expect(
      try rejection(
        ofTensor: .tensor("w", dims: [count], type: type, raw: [UInt8](repeating: 0, count: bytes))) == nil)
    #expect(
      try rejection(
        ofTensor: .tensor("w", dims: [count], type: type, raw: [UInt8](repeating: 0, count: bytes + 1)))?
        .code == "tensor-length")
  }

  @Test func elementsAreInOnePlace() throws {
    let both = Proto.tensor("w") { $0.bytes(4, [UInt8](repeating: 0, count: 8)) }
    #expect(try rejection(ofTensor: both)?.code == "tensor-two-payloads")
    let large = Proto.tensor("w", dims: [200], raw: [UInt8](repeating: 0, count: 800)) {
      $0.bytes(4, [UInt8](repeating: 0, count: 800))
    }
    #expect(try rejection(ofTensor: large)?.code == "tensor-two-payloads")
    #expect(try rejection(ofTensor: .tensor("w", raw: nil))?.code == "tensor-length")
    #expect(try rejection(ofTensor: .tensor("w", raw: nil) { $0.bytes(7, [1, 2]) })?.code == "tensor-type")
    #expect(
      try rejection(ofTensor: .tensor("w", raw: nil) { $0.bytes(4, [0, 0, 0, 0]) })?.code == "tensor-length")
  }

  @Test(
    arguments: [
      [-1], [1 << 32, 1 << 32], [1 << 62, 1 << 62, 0], [1 << 60], [Int64](repeating: 1, count: 65),
    ] as [[Int64]])
  func dimsThatNoMemoryHoldsAreRejected(dims: [Int64]) throws {
    #expect(try rejection(ofTensor: .tensor("w", dims: dims))?.code == "tensor-dims")
  }

  @Test(arguments: [nil, 0, 29, -1, 8] as [Int64?])
  func anElementTypeIsKnownAndDefined(type: Int64?) throws {
    #expect(try rejection(ofTensor: .tensor("w", type: type))?.code == "tensor-type")
  }

  @Test func tensorsAreCheckedWhereverTheyAre() throws {
    let bad = Proto.tensor("bad", raw: [1])
    let node = Proto.node("Constant", [], ["c"]) { node in
      node.message(5) { attribute in
        attribute.text(1, "value")
        attribute.message(5, bad)
        attribute.int(20, 4)
      }
    }
    #expect(try rejection(.model(.graph([node, relu])))?.place == "tensor 'bad'")
    let sparse = Proto.graph([relu]) { graph in
      graph.message(15) { sparse in
        sparse.message(1, .tensor("s"))
        sparse.message(2, bad)
        sparse.int(3, 2)
      }
    }
    #expect(try rejection(.model(sparse))?.code == "tensor-length")
  }
}
