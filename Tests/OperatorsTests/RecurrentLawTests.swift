import GraphIR
import TestSupport
import Testing

/// **Cut = mask** of recurrent layers: a hidden unit goes with all of its gates.
@Suite("Laws of recurrent layers") struct RecurrentLawTests {
  @Test(arguments: ["LSTM", "GRU", "RNN"], [1, 2])
  func units(_ name: String, _ directions: Int) throws {
    let gates = ["LSTM": 4, "GRU": 3, "RNN": 1][name] ?? 1
    let (h, features, d) = (4, 3, Dimension(directions))
    let rows = Dimension(gates * h)
    var inputs: [ValueFact?] = [
      .float([3, 2, Dimension(features)]), .weight([d, rows, Dimension(features)]), .weight([d, rows, 4]),
      .weight([d, rows * 2]), nil, .weight([d, 2, 4]),
    ]
    if name == "LSTM" { inputs += [.weight([d, 2, 4]), .weight([d, 12])] }
    let attributes = [
      Attribute("hidden_size", .int(Int64(h))),
      Attribute("direction", .string(Array((directions == 2 ? "bidirectional" : "forward").utf8))),
    ]
    let sample = try OperatorCase(name, attributes, inputs: inputs)
    let ways = try checkMasks(sample) { operands, attributes in
      #expect(attributes.int("hidden_size", or: 0) == operands[2]!.shape[2])
      return sequence(name, operands)
    }
    #expect(ways == [features + h])
  }

  @Test func sizesThatDoNotFit() throws {
    let inputs: [ValueFact?] = [.named("7 n 3"), .weight([1, 20, 3]), .weight([1, 20, 5])]
    let sample = try OperatorCase("LSTM", [Attribute("hidden_size", .int(6))], inputs: inputs)
    #expect(sample.ties().free.count == 3)
    #expect(sample.ties().reason(.input(2, axis: 2)) == "is not mentioned")
  }
}

/// The layer's sequence [T, D, N, h], with rational functions in place of sigmoid and tanh.
private func sequence(_ name: String, _ operands: [Numbers?]) -> Numbers {
  let (x, w, r, b) = (operands[0]!, operands[1]!, operands[2]!, operands[3]!)
  let (steps, directions, batch, h) = (x.shape[0], w.shape[0], x.shape[1], r.shape[2])
  let gates = w.shape[1] / h
  func squash(_ v: Double) -> Double { v / (1 + abs(v)) }
  func gate(_ v: Double) -> Double { (1 + squash(v)) / 2 }
  var result = Numbers([steps, directions, batch, h]) { _ in 0 }
  for direction in 0..<directions {
    for sample in 0..<batch {
      var hidden = (0..<h).map { operands[5]![[direction, sample, $0]] }
      var cell = (0..<h).map { operands.count > 6 ? operands[6]![[direction, sample, $0]] : 0 }
      func peephole(_ part: Int, _ unit: Int) -> Double {
        operands.count > 7 ? operands[7]![[direction, part * h + unit]] : 0
      }
      for place in 0..<steps {
        let step = direction == 1 ? steps - 1 - place : place
        func own(_ row: Int) -> Double {
          (0..<x.shape[2]).reduce(b[[direction, row]]) {
            $0 + x[[step, sample, $1]] * w[[direction, row, $1]]
          }
        }
        func recurrent(_ row: Int, _ state: [Double]) -> Double {
          (0..<h).reduce(b[[direction, gates * h + row]]) { $0 + state[$1] * r[[direction, row, $1]] }
        }
        let before = hidden
        switch name {
        case "LSTM":
          let old = cell
          for unit in 0..<h {
            func sum(_ part: Int) -> Double { own(part * h + unit) + recurrent(part * h + unit, before) }
            let input = gate(sum(0) + peephole(0, unit) * old[unit])
            let forget = gate(sum(2) + peephole(2, unit) * old[unit])
            cell[unit] = forget * old[unit] + input * squash(sum(3))
            hidden[unit] = gate(sum(1) + peephole(1, unit) * cell[unit]) * squash(cell[unit])
          }
        case "GRU":
          let reset = (0..<h).map { gate(own(h + $0) + recurrent(h + $0, before)) * before[$0] }
          for unit in 0..<h {
            let update = gate(own(unit) + recurrent(unit, before))
            let memory = squash(own(2 * h + unit) + recurrent(2 * h + unit, reset))
            hidden[unit] = (1 - update) * memory + update * before[unit]
          }
        default:
          for unit in 0..<h { hidden[unit] = squash(own(unit) + recurrent(unit, before)) }
        }
        for unit in 0..<h { result[[step, direction, sample, unit]] = hidden[unit] }
      }
    }
  }
  return result
}
