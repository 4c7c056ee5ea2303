import GraphIR
import TestSupport
import Testing

/// **Cut = mask**: for every set of slots that an operator lets go, the node with sliced operands, mended as the
/// operator asks, computes the slice of what it computed before. Shown on integers, which inference moves about.
func checkCuts(_ sample: OperatorCase, ties: TieClasses, sourceLocation: SourceLocation = #_sourceLocation)
  throws
{
  let free = ties.free
  var removals = free
  // Every second class at once, and all classes of the first half.
  removals.append(free.indices.filter { $0 % 2 == 0 }.flatMap { free[$0] })
  removals.append(free.prefix(free.count / 2).flatMap { $0 })
  for removal in removals {
    var survivors: [OperandAxis: [Int]] = [:]
    for (axis, slots) in Dictionary(grouping: removal, by: \.axis) {
      let gone = Set(slots.map(\.index))
      survivors[axis] = (0..<(sample.signature.length(axis) ?? 0)).filter { !gone.contains($0) }
    }
    guard survivors.values.allSatisfy({ !$0.isEmpty }) else { continue }
    let cut = try sample.cut(keeping: survivors)
    for output in sample.signature.outputs.indices {
      let wanted = sample.signature.outputs[output]?.sliced { survivors[.output(output, axis: $0)] }
      let found = cut.signature.outputs[output]
      #expect(found?.shape == wanted?.shape, "\(removal)", sourceLocation: sourceLocation)
      #expect(
        found?.content?.map(\.value) == wanted?.content?.map(\.value), "\(removal)",
        sourceLocation: sourceLocation)
    }
  }
}

/// Checks every way to tie.
///
/// - Returns: how many classes may go, by way.
@discardableResult
func checkCuts(_ sample: OperatorCase, sourceLocation: SourceLocation = #_sourceLocation) throws -> [Int] {
  #expect(
    sample.output.content != nil, "the sample's numbers are not followed", sourceLocation: sourceLocation)
  let ways = sample.ties().choices.max() ?? 1
  return try (0..<ways).map { way in
    let alternatives = Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, way) })
    let ties = sample.ties(alternatives)
    try checkCuts(sample, ties: ties, sourceLocation: sourceLocation)
    return ties.free.count
  }
}
