import GraphIR

/// The channels of a grouped convolution: `groups` runs of `inputs` channels read and `outputs` channels made.
struct GroupedChannels: Sendable {
  let groups: Int
  let inputs: Int
  let outputs: Int

  /// Whether every group reads one channel: a depthwise convolution, with multiplier `outputs`.
  var isDepthwise: Bool { groups > 1 && inputs == 1 }

  /// Whether groups are removed whole, rather than the same channels of every group: what offers more units first.
  /// A depthwise convolution has no other way; very large groups, which go together at a high price, have only the
  /// other.
  func takesWholeGroups(_ ties: inout ChannelTies) -> Bool {
    if isDepthwise { return true }
    guard let pairs = [groups, inputs, outputs].product, pairs <= 1 << 20 else { return false }
    return (ties.choose(among: 2) == 0) == (groups >= max(inputs, outputs))
  }

  /// Every channel read with every channel made of the same group.
  var wholeGroups: [(Int, Int)] {
    (0..<groups * inputs).flatMap { input in
      (0..<outputs).map { (input, input / inputs * outputs + $0) }
    }
  }

  /// How many groups survive.
  ///
  /// - Parameters: survivors among all channels read and all channels made, ascending; nil where none is lost.
  /// - Throws: `cannot-refit` where groups of different sizes would remain.
  func survivingGroups(inputs inputSurvivors: [Int]?, outputs outputSurvivors: [Int]?) throws -> Int {
    let reads = counts(inputSurvivors, perGroup: inputs)
    let makes = counts(outputSurvivors, perGroup: outputs)
    let alive = (0..<groups).filter { reads[$0] > 0 || makes[$0] > 0 }
    guard let first = alive.first, reads[first] > 0, makes[first] > 0,
      alive.allSatisfy({ reads[$0] == reads[first] && makes[$0] == makes[first] })
    else {
      throw CompileError(
        "cannot-refit",
        "groups of different sizes would remain: they read \(reads) and make \(makes) channels",
        exit: .internal)
    }
    return alive.count
  }

  private func counts(_ survivors: [Int]?, perGroup: Int) -> [Int] {
    guard let survivors else { return [Int](repeating: perGroup, count: groups) }
    var counts = [Int](repeating: 0, count: groups)
    for survivor in survivors where survivor / perGroup < groups { counts[survivor / perGroup] += 1 }
    return counts
  }
}

extension NodeEdit {
  /// Sets `group` to the number of groups that survive, if fewer than before.
  ///
  /// - Parameter share: the weight's axis that has one slot per channel of a group; it shares out `whole`.
  /// - Throws: `cannot-refit` where the survivors are not the same channels of every group that is left.
  mutating func refitGroups(
    _ channels: GroupedChannels, inputs: OperandAxis, outputs: OperandAxis, share: OperandAxis,
    of whole: OperandAxis
  ) throws {
    guard survivors(inputs) != nil || survivors(outputs) != nil || survivors(share) != nil else { return }
    let left = try channels.survivingGroups(inputs: survivors(inputs), outputs: survivors(outputs))
    let perGroup = before.length(share) ?? 1
    let kept = Set(survivors(share) ?? Array(0..<perGroup))
    if let wholeSurvivors = survivors(whole) {
      guard wholeSurvivors.count == left * kept.count,
        wholeSurvivors.allSatisfy({ kept.contains($0 % perGroup) })
      else { throw Self.unequalGroups }
    } else if survivors(share) != nil {
      throw Self.unequalGroups
    }
    if left != channels.groups { setAttribute("group", .int(Int64(left))) }
  }

  private static var unequalGroups: CompileError {
    CompileError(
      "cannot-refit", "the surviving channels are not the same ones of every group, as its weights need",
      exit: .internal)
  }
}
