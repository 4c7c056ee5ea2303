import GraphIR

/// Small networks that several suites ask about.
package enum Networks {
  /// conv1 (4 filters), ReLU, conv2 (3 filters) to the output.
  package static func chain(bias: [Float]? = nil, filters: [Float]? = nil) -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 3, 3], filters)
    if let bias { maker.weight("b1", [4], bias) }
    maker.weight("w2", [3, 4, 1, 1])
    maker.node(
      "Conv", ["x", "w1"] + (bias == nil ? [] : ["b1"]), ["a"], [Attribute("pads", .ints([1, 1, 1, 1]))],
      name: "conv1")
    maker.node("Relu", ["a"], ["r"], name: "relu")
    maker.node("Conv", ["r", "w2"], ["y"], name: "conv2")
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }

  /// A stem whose output is added to that of a block of two convolutions; a last convolution reads the sum.
  package static func residual() -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("stem.w", [4, 2, 1, 1])
    maker.weight("inner.w", [6, 4, 1, 1])
    maker.weight("outer.w", [4, 6, 1, 1])
    maker.weight("last.w", [3, 4, 1, 1])
    maker.node("Conv", ["x", "stem.w"], ["s"], name: "stem")
    maker.node("Conv", ["s", "inner.w"], ["i"], name: "inner")
    maker.node("Relu", ["i"], ["ir"], name: "relu")
    maker.node("Conv", ["ir", "outer.w"], ["o"], name: "outer")
    maker.node("Add", ["s", "o"], ["sum"], name: "add")
    maker.node("Conv", ["sum", "last.w"], ["y"], name: "last")
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }

  /// A convolution, channel shuffle in two groups written as Reshape, Transpose and Reshape, and another convolution.
  package static func shuffle() -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 4, 4])
    maker.weight("w1", [6, 2, 1, 1])
    maker.weight("w2", [3, 6, 1, 1])
    maker.integers("split", [-1, 2, 3, 4, 4])
    maker.integers("merge", [-1, 6, 4, 4])
    maker.node("Conv", ["x", "w1"], ["a"], name: "conv1")
    maker.node("Reshape", ["a", "split"], ["b"], name: "split")
    maker.node("Transpose", ["b"], ["c"], [Attribute("perm", .ints([0, 2, 1, 3, 4]))], name: "swap")
    maker.node("Reshape", ["c", "merge"], ["d"], name: "merge")
    maker.node("Conv", ["d", "w2"], ["y"], name: "conv2")
    maker.output("y", ["batch", 3, 4, 4])
    return maker.model
  }

  /// Two convolutions with an operator between them that nobody knows.
  package static func unknownBetween() -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "conv1")
    maker.node("Mystery", ["a"], ["b"], name: "mystery", domain: "com.example")
    maker.node("Conv", ["b", "w2"], ["y"], name: "conv2")
    maker.valueInfo("b", ["batch", 4, 8, 8])
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }

  /// Two convolutions with Softmax over the channels between them.
  package static func softmaxBetween() -> Model {
    var maker = ModelMaker()
    maker.input("x", ["batch", 2, 8, 8])
    maker.weight("w1", [4, 2, 1, 1])
    maker.weight("w2", [3, 4, 1, 1])
    maker.node("Conv", ["x", "w1"], ["a"], name: "conv1")
    maker.node("Softmax", ["a"], ["b"], [Attribute("axis", .int(1))], name: "softmax")
    maker.node("Conv", ["b", "w2"], ["y"], name: "conv2")
    maker.output("y", ["batch", 3, 8, 8])
    return maker.model
  }
}
