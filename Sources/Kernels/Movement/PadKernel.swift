/// A border around a tensor, ONNX `Pad`.
///
///     Y[…, begin + i, …] = X[…, i, …]      elsewhere a constant, or an element of X that `mode` names
///
/// Negative pads cut off.
///
/// ## Shapes    axis a of Y: begins[a] + X's length + ends[a]
/// - SeeAlso: <https://onnx.ai/onnx/operators/onnx__Pad.html>
package final class PadKernel: MovingKernel {
  package enum Mode: Sendable {
    /// The border is `value`; nil reads it from input 2 (ONNX's operands are data, pads, constant_value).
    case constant(Double?)
    /// Mirrored about the first and the last element, which are not repeated.
    case reflect
    /// The nearest element.
    case edge
    /// As if X was repeated.
    case wrap
  }

  package let plan: MovementPlan

  package init(_ dims: [Int], begins: [Int], ends: [Int], mode: Mode, _ scalar: ScalarType = .float) {
    let input = TensorLayout(dims, scalar)
    let output = TensorLayout(dims.indices.map { begins[$0] + dims[$0] + ends[$0] }, scalar)
    let (from, to) = (input.rowMajorStrides, output.rowMajorStrides)
    var boxes = [Box(lengths: [], source: .init(strides: []), target: .init(strides: []))]
    for axis in dims.indices {
      let runs = Self.runs(dims[axis], begins[axis], output.dims[axis], mode)
      boxes = boxes.flatMap { box in
        runs.map { run in
          var box = box
          box.lengths.append(run.count)
          box.source.offset += run.first * from[axis]
          box.source.strides.append(run.step * from[axis])
          box.target.offset += run.start * to[axis]
          box.target.strides.append(to[axis])
          return box
        }
      }
    }
    var (filling, inputs) = (MovementPlan.Filling.nothing, [input] as [TensorLayout?])
    var uses = MovementPlan.Uses.many
    if case .constant(let value) = mode {
      let isCovered = boxes.first.map { $0.elementCount == output.elementCount } ?? (output.elementCount == 0)
      if !isCovered {
        filling = value.map { .value($0) } ?? .input(2)
        if value == nil { inputs += [nil, TensorLayout([], scalar)] }
      }
      uses = boxes.first?.elementCount == input.elementCount ? .once : .atMostOnce
    }
    plan = MovementPlan(
      inputs: inputs, outputs: [output], moves: boxes.map { .init(input: 0, output: 0, box: $0) },
      filling: filling, uses: uses)
  }

  /// A stretch of Y's axis, from `start` on, that reads X at `first`, `first + step`, ….
  private struct Run {
    let start: Int
    let first: Int
    let step: Int
    var count: Int
  }

  /// All of an axis that is not filled with a constant, in as few stretches as there can be.
  private static func runs(_ length: Int, _ begin: Int, _ padded: Int, _ mode: Mode) -> [Run] {
    if case .constant = mode {
      let (low, high) = (max(0, begin), min(padded, begin + length))
      return low < high ? [Run(start: low, first: low - begin, step: 1, count: high - low)] : []
    }
    var runs: [Run] = []
    for position in 0..<max(padded, 0) {
      let place = source(position - begin, length, mode)
      if var last = runs.popLast() {
        let step = last.count == 1 ? place - last.first : last.step
        if (-1...1).contains(step), last.first + last.count * step == place {
          last = Run(start: last.start, first: last.first, step: step, count: last.count + 1)
          runs.append(last)
          continue
        }
        runs.append(last)
      }
      runs.append(Run(start: position, first: place, step: 1, count: 1))
    }
    return runs
  }

  /// Which element of an axis of X lies at `index`, where 0 is its first.
  private static func source(_ index: Int, _ length: Int, _ mode: Mode) -> Int {
    precondition(length > 0, "there is nothing to pad with")
    switch mode {
    case .reflect:
      guard length > 1 else { return 0 }
      let period = 2 * (length - 1)
      let place = (index % period + period) % period
      return min(place, period - place)
    case .wrap: return (index % length + length) % length
    case .edge, .constant: return min(max(index, 0), length - 1)
    }
  }
}
