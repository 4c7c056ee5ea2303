import Analysis
import GraphIR

/// What a network is trained for: which outputs are compared with labels, and which with the teacher's.
///
///     L = λ · CE + (1 − λ) · Σ D                     [FD-SKD] Eq. 15
///
/// D of an output with class scores is the divergence of Eq. 14, of any other the mean squared difference (ours).
/// Without labels λ is 0, without a teacher it is 1.
package struct Objective: Sendable {
  /// An output that the loss depends on.
  package struct Output: Sendable {
    package let value: ValueID
    /// As the user knows it.
    package let name: String
    /// One logit a class.
    package let isScores: Bool
    package var followsTeacher: Bool
    package var isLabelled: Bool
  }

  package let outputs: [Output]
  /// λ
  package let balance: Double
  /// t
  package let temperature: Double

  /// The output whose labels are known.
  package var labelled: Int? { outputs.firstIndex(where: \.isLabelled) }
  package var hasTeacher: Bool { outputs.contains(where: \.followsTeacher) }

  /// - Parameters:
  ///   - facts: with every shape known for the batch.
  ///   - classes: one more than the largest label; nil without labels.
  /// - Throws: `no-such-output`, `data-fits-no-output`, `dataset-label`, `labels-needed`.
  package init(
    _ model: Model, _ facts: GraphFacts, batch: Int, classes: Int?, _ settings: TrainingSettings
  ) throws {
    let graph = model.graph
    let candidates = graph.outputs.map { output in
      let logits = ClassScores.logits(of: output.value, in: graph)
      let isScores = ClassScores.areScores(facts[logits], batch: batch)
      return Output(
        value: isScores ? logits : output.value, name: graph[output.value].name, isScores: isScores,
        followsTeacher: false, isLabelled: false)
    }
    var chosen: [Output] = []
    if let classes {
      guard var first = candidates.first(where: \.isScores) else {
        throw CompileError(
          "data-fits-no-output",
          "the data has labels, but no output has one score a class; \(Self.list(candidates, facts))",
          hint: "leave the labels out to follow the teacher's outputs alone")
      }
      let count = facts[first.value].knownShape?[1] ?? 0
      guard classes <= count else {
        throw CompileError(
          "dataset-label", "the data has a label \(classes - 1), the output '\(first.name)' \(count) classes")
      }
      first.isLabelled = true
      chosen.append(first)
    } else if !settings.isDistilled {
      throw CompileError(
        "labels-needed", "the data has no labels, and the method has no teacher to learn from", exit: .usage,
        hint: "--method fd-skd learns from the network as it came")
    }
    if settings.isDistilled {
      for output in try Self.distilled(candidates, facts, settings.distilledOutputs) {
        if let index = chosen.firstIndex(where: { $0.name == output.name }) {
          chosen[index].followsTeacher = true
        } else {
          var output = output
          output.followsTeacher = true
          chosen.append(output)
        }
      }
    }
    outputs = chosen
    temperature = settings.temperature
    balance = classes == nil ? 0 : settings.isDistilled ? settings.balance : 1
  }

  /// The outputs that are to follow the teacher's: those named, or the classifier's own, or all.
  private static func distilled(_ candidates: [Output], _ facts: GraphFacts, _ names: [String]) throws
    -> [Output]
  {
    for name in names where !candidates.contains(where: { $0.name == name }) {
      throw CompileError(
        "no-such-output", "--distill-output names '\(name)', which is no output of the model", exit: .usage,
        hint: "its outputs are \(candidates.map(\.name).joined(separator: ", "))")
    }
    if !names.isEmpty { return candidates.filter { names.contains($0.name) } }
    if let scores = candidates.first(where: \.isScores) { return [scores] }
    let numbers = candidates.filter { facts[$0.value].elementType?.isFloatingPoint == true }
    if numbers.isEmpty {
      throw CompileError("data-fits-no-output", "no output of the model holds floating-point numbers")
    }
    return numbers
  }

  private static func list(_ outputs: [Output], _ facts: GraphFacts) -> String {
    "outputs are "
      + outputs.map { output in
        let shape = facts[output.value].shape.map { "[\($0.map(\.description).joined(separator: ", "))]" }
        return "'\(output.name)' \(shape ?? "of unknown shape")"
      }.joined(separator: ", ")
  }
}
