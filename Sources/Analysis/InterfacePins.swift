import GraphIR

/// The axes that the graph's interface fixes, whatever its nodes do: inputs and outputs, defaults that a caller may
/// replace, values that bodies of control-flow nodes read, and tensors that other parts of the file name.
struct InterfacePins {
  let pins: [(slots: Range<Int32>, pin: Pin)]

  init(_ model: Model, _ space: SlotSpace) {
    let graph = model.graph
    var pins: [(slots: Range<Int32>, pin: Pin)] = []
    func pin(
      _ id: ValueID, _ reason: String, _ cause: Pin.Cause = .stated, by node: Node? = nil, hint: String? = nil
    ) {
      for (axis, base) in space.bases(of: id).enumerated() {
        guard base != nil, let slots = space.slots(of: id, axis: axis) else { continue }
        pins.append(
          (
            slots,
            Pin(
              node: node, value: graph.fileName(of: id), axis: axis, reason: reason, cause: cause, hint: hint)
          ))
      }
    }
    let initializers = Set(graph.initializers)
    let overridable = model.overridableInitializers
    for input in graph.inputs {
      if overridable.contains(input.value) {
        pin(
          input.value, "belongs to an initializer that the caller may replace", .storage,
          hint: Remedies.listedAsInput)
      } else if !initializers.contains(input.value) {
        pin(input.value, "belongs to an input of the graph", .border)
      }
    }
    for input in graph.opened.inputs { pin(input.value, "is handed to the body of a control-flow node") }
    for output in graph.outputs { pin(output.value, "belongs to an output of the graph", .border) }
    for node in graph.nodes where node.isConstant && node.constantTensor == nil {
      for case let output? in node.outputs {
        pin(output, "is stored in a form that cannot be cut", .storage, by: node)
      }
    }
    let index = GraphIndex(graph)
    for (id, position) in index.captured.sorted(by: { $0.key < $1.key }) {
      pin(id, "is read inside the body of a control-flow node", by: graph.nodes[position])
    }
    if !graph.quantizationAnnotations.isEmpty {
      let names = graph.valuesByName
      for annotation in graph.quantizationAnnotations {
        guard let name = annotation.tensorName, let id = names[name] else { continue }
        pin(id, "has a quantization annotation", .storage, hint: Remedies.annotation)
      }
    }
    if !model.trainingInfos.isEmpty {
      for id in graph.initializers {
        pin(
          id, "may be named by the model's training_info", .storage, hint: Remedies.trainingInformation)
      }
    }
    self.pins = pins
  }
}
