import GraphIR

extension Networks {
  /// A layer, and scores for every place that are 1 but for rounding: whoever chooses among them finds nothing but ties.
  private static func saturated(_ maker: inout ModelMaker) {
    maker.input("x", ["batch", 3, 6, 6])
    maker.weight("w1", [8, 3, 3, 3])
    maker.weight("w2", [5, 8, 3, 3])
    maker.weight("large", [], [14])
    maker.node("Conv", ["x", "w1"], ["a"])
    maker.node("Relu", ["a"], ["b"])
    maker.node("Conv", ["b", "w2"], ["map"])
    maker.integers("flat", [0, 5, -1])
    maker.node("Reshape", ["map", "flat"], ["logits"])
    maker.node("Abs", ["logits"], ["size"])
    maker.node("Add", ["size", "large"], ["high"])
    maker.node("Sigmoid", ["high"], ["scores"])
  }

  /// Two layers behind what was chosen.
  private static func refine(_ maker: inout ModelMaker, _ value: String, width: Int) {
    maker.weight("refine", [width, 6])
    maker.weight("last", [6, 2])
    maker.node("MatMul", [value, "refine"], ["hidden"], name: "refine")
    maker.node("Relu", ["hidden"], ["active"])
    maker.node("MatMul", ["active", "last"], ["y"], name: "last")
    maker.output("y")
  }

  /// The best places by saturated scores, what the map has there, and layers that read it.
  package static func topK() -> Model {
    var maker = ModelMaker()
    saturated(&maker)
    maker.integers("k", [3])
    maker.node("TopK", ["scores", "k"], ["best", "places"], name: "choose")
    maker.node("GatherElements", ["logits", "places"], ["chosen"], [Attribute("axis", .int(2))])
    refine(&maker, "chosen", width: 3)
    maker.output("best")
    maker.output("places")
    return maker.model
  }

  /// A label by saturated scores; rounded and compared numbers, and layers that read them.
  package static func argMax() -> Model {
    var maker = ModelMaker()
    saturated(&maker)
    maker.node("ArgMax", ["scores"], ["label"], [Attribute("axis", .int(1))], name: "choose")
    maker.weight("zero", [], [0])
    maker.node("Greater", ["logits", "zero"], ["mask"])
    maker.node("Cast", ["mask"], ["factor"], [Attribute("to", .int(1))])
    maker.node("Round", ["logits"], ["rounded"])
    maker.node("Mul", ["rounded", "factor"], ["kept"])
    refine(&maker, "kept", width: 4)
    maker.output("label")
    return maker.model
  }

  /// Boxes that do not overlap too much, of which nobody knows how many there are, and layers that read them.
  package static func suppression() -> Model {
    var maker = ModelMaker()
    saturated(&maker)
    maker.integers("sizes", [4, 1])
    maker.node("Split", ["logits", "sizes"], ["boxes", "unused"], [Attribute("axis", .int(1))])
    maker.node("Split", ["scores", "sizes"], ["more", "class"], [Attribute("axis", .int(1))])
    maker.node("Transpose", ["boxes"], ["corners"], [Attribute("perm", .ints([0, 2, 1]))])
    maker.node("NonMaxSuppression", ["corners", "class"], ["kept"], name: "choose")
    maker.node("Cast", ["kept"], ["numbers"], [Attribute("to", .int(1))])
    refine(&maker, "numbers", width: 3)
    return maker.model
  }
}
