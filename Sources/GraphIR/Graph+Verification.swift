extension Graph {
  /// Checks what every graph promises: each value is made once, before it is read; outputs exist; ids are in range.
  ///
  /// - Throws: an error of exit class `internal`: a file that breaks these rules is rejected when it is read.
  package func verify() throws {
    var isMade = [Bool](repeating: false, count: values.count)
    func make(_ id: ValueID, by maker: String) throws {
      if isMade[id.index] { throw broken("'\(self[id].name)' is made twice, the second time by \(maker)") }
      isMade[id.index] = true
    }
    let initializers = Set(initializers)
    for id in initializers.sorted() {
      try make(id, by: "an initializer")
      if self[id].initializer == nil { throw broken("initializer '\(self[id].name)' has no tensor") }
    }
    for input in inputs where !initializers.contains(input.value) { try make(input.value, by: "an input") }
    for input in opened.inputs { try make(input.value, by: "a control-flow node") }
    for id in captures where !isMade[id.index] { try make(id, by: "an enclosing graph") }
    let sparse = Set(sparseInitializers.compactMap { $0.values?.name })
    for index in values.indices where !isMade[index] && sparse.contains(values[index].name) {
      isMade[index] = true
    }
    for node in nodes {
      for case let input? in node.inputs where !isMade[input.index] {
        throw broken("\(node.label) reads '\(self[input].name)' before it is made")
      }
      for case let output? in node.outputs { try make(output, by: node.label) }
    }
    for output in outputs where !isMade[output.value.index] {
      throw broken("output '\(self[output.value].name)' is never made")
    }
  }

  private func broken(_ message: String) -> CompileError {
    CompileError("graph-broken", message, exit: .internal)
  }
}
