import GraphIR

/// How the axes of a tensor match those of its reshaped form: runs of axes of equal product, from the left.
///
///     [N, 116, H, W] → [N, 2, 58, H, W]      N | 116 → 2·58 | H | W
///     [N, C, H, W] → [N, C·H·W]              N | C·H·W → CHW
struct AxisAlignment {
  /// A run of input axes that holds the same elements, in the same order, as a run of output axes.
  struct Segment: Equatable {
    var inputs: [Int] = []
    var outputs: [Int] = []
  }

  private(set) var segments: [Segment] = []
  /// Axes of length 1, which hold nothing apart.
  let inputOnes: [Int]
  let outputOnes: [Int]

  init(_ input: [Dimension], _ output: [Dimension]) {
    inputOnes = input.indices.filter { input[$0] == 1 }
    outputOnes = output.indices.filter { output[$0] == 1 }
    var inputs = input.indices.filter { input[$0] != 1 }[...]
    var outputs = output.indices.filter { output[$0] != 1 }[...]
    while !inputs.isEmpty || !outputs.isEmpty {
      var segment = Segment()
      var products: (input: Dimension, output: Dimension) = (1, 1)
      repeat {
        let takesInput = outputs.isEmpty || Self.isBehind(products.input, products.output)
        if takesInput, let axis = inputs.popFirst() {
          segment.inputs.append(axis)
          products.input = products.input * input[axis]
        } else if let axis = outputs.popFirst() {
          segment.outputs.append(axis)
          products.output = products.output * output[axis]
        }
      } while products.input != products.output && (!inputs.isEmpty || !outputs.isEmpty)
      segments.append(segment)
    }
  }

  /// Whether a run with product `input` has to grow before it can equal one with product `output`. Where neither
  /// divides the other, both have to.
  private static func isBehind(_ input: Dimension, _ output: Dimension) -> Bool {
    input == output || input.divided(exactlyBy: output) == nil
  }
}

extension ChannelTies {
  /// Ties the axes of input 0 to those of output 0, which holds the same elements in the same order.
  ///
  /// Where axes are merged or split, one of each side is tied and the others stay whole: which pair, is the choice.
  mutating func tieReshaped() {
    guard let input = signature.input(0)?.shape, let output = signature.output(0)?.shape else { return }
    let alignment = AxisAlignment(input, output)
    for axis in alignment.inputOnes { free(.input(0, axis: axis)) }
    for axis in alignment.outputOnes { free(.output(0, axis: axis)) }
    for segment in alignment.segments where segment.inputs.count == 1 && segment.outputs.count == 1 {
      tie(.input(0, axis: segment.inputs[0]), .output(0, axis: segment.outputs[0]))
    }
    for (index, segment) in alignment.segments.enumerated()
    where segment.inputs.count != 1 || segment.outputs.count != 1 {
      tieFolded(
        segment, FoldedAxes(input, segment.inputs), FoldedAxes(output, segment.outputs), question: index)
    }
  }

  private mutating func tieFolded(
    _ segment: AxisAlignment.Segment, _ inputs: FoldedAxes, _ outputs: FoldedAxes, question: Int
  ) {
    let pairs = FoldedAxes.pairs(inputs, outputs)
    // Where axes are merged in one place and split in another, it takes both to go the other way.
    let kind = segment.inputs.count << 8 | segment.outputs.count
    let chosen =
      pairs.isEmpty ? nil : pairs[pairs.count == 1 ? 0 : choose(question, among: pairs.count, kind: kind)]
    if let (a, b) = chosen {
      if let positions = FoldedAxes.Axis.positions(a, b) {
        tie(.input(0, axis: a.axis), .output(0, axis: b.axis), positions: positions)
      }
    }
    for axis in segment.inputs where axis != chosen?.0.axis { pin(.input(0, axis: axis), Self.reason) }
    for axis in segment.outputs where axis != chosen?.1.axis { pin(.output(0, axis: axis), Self.reason) }
  }

  private static let reason = "is folded into another axis"
}

/// Axes that together hold one run of elements in row-major order.
private struct FoldedAxes {
  /// An axis whose slot is (f / inner) mod size at position f of the run. What lies inside need not be known: axis 1 of
  /// [N, 48, H, W] has H·W elements inside.
  struct Axis {
    let axis: Int
    let size: Int
    let inner: Dimension

    /// Longer runs are not followed: no layer folds so many channels.
    private static let limit = 1 << 22

    /// Whether the slots of both follow from the position without their unknowns: both have the same ones inside, and
    /// positions are counted in steps of those.
    static func areComparable(_ a: Axis, _ b: Axis) -> Bool { a.inner.symbols == b.inner.symbols }

    /// Every pair of indices that some position of the run has on two comparable axes; nil where they are too many.
    static func positions(_ a: Axis, _ b: Axis) -> [(Int, Int)]? {
      let (innerA, innerB) = (a.inner.coefficient, b.inner.coefficient)
      let (periodA, isLongA) = innerA.multipliedReportingOverflow(by: a.size)
      let (periodB, isLongB) = innerB.multipliedReportingOverflow(by: b.size)
      guard !isLongA, !isLongB else { return nil }
      let shared = gcd(periodA, periodB)
      let (period, overflow) = periodA.multipliedReportingOverflow(by: periodB / shared)
      guard !overflow, period / innerA <= limit, period / innerB <= limit else { return nil }
      var result: [(Int, Int)] = []
      var position = 0
      while position < period {
        result.append((position / innerA % a.size, position / innerB % b.size))
        position = min((position / innerA + 1) * innerA, (position / innerB + 1) * innerB)
      }
      return result
    }
  }

  /// The axes that have slots, outermost first.
  private let known: [Axis]
  private let count: Int

  init(_ shape: [Dimension], _ axes: [Int]) {
    var known: [Axis] = []
    var inner: Dimension = 1
    for axis in axes.reversed() {
      guard inner.coefficient > 0 else { break }
      if let size = shape[axis].period, size > 0 { known.append(Axis(axis: axis, size: size, inner: inner)) }
      inner = inner * shape[axis]
    }
    self.known = known.reversed()
    count = axes.count
  }

  /// The pairs of axes that can be tied, the most telling first.
  static func pairs(_ inputs: FoldedAxes, _ outputs: FoldedAxes) -> [(Axis, Axis)] {
    func comparable(_ pairs: [(Axis, Axis)]) -> [(Axis, Axis)] {
      pairs.filter { Axis.areComparable($0.0, $0.1) }
    }
    if outputs.count == 1 {
      return comparable(inputs.known.flatMap { a in outputs.known.map { (a, $0) } })
    }
    // Of equal sizes, the inner axis first.
    let bySize = outputs.known.enumerated().sorted {
      ($0.element.size, $0.offset) > ($1.element.size, $1.offset)
    }.map(\.element)
    if inputs.count == 1 { return comparable(bySize.flatMap { b in inputs.known.map { ($0, b) } }) }
    let all = comparable(inputs.known.flatMap { a in outputs.known.map { (a, $0) } })
    let outer = all.prefix(1)
    return outer + all.dropFirst().sorted { ($0.0.size + $0.1.size) > ($1.0.size + $1.1.size) }
  }
}

/// The greatest common divisor of two positive numbers.
private func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
