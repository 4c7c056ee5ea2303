import GraphIR

/// What `equation` of ONNX `Einsum` says: a label for every axis of the operands and of the output.
struct EinsumEquation: Sendable {
  enum Label: Hashable, Sendable {
    case letter(Character)
    /// An axis of `...`, counted from the right, as broadcasting aligns them.
    case ellipsis(Int)
  }

  /// One operand's letters; nil stands for `...`.
  private typealias Term = [Character?]

  private let inputs: [Term]
  /// Nil where the equation leaves the output to the rule: letters that occur once, in alphabetical order.
  private let output: Term?

  /// - Throws: `attribute-value` for what is no equation.
  init(_ text: String) throws {
    let compact = text.filter { $0 != " " }
    let sides = compact.split(separator: ">", omittingEmptySubsequences: false)
    var left = String(sides[0])
    if sides.count == 2, left.hasSuffix("-") {
      left.removeLast()
    } else if sides.count != 1 {
      throw Self.malformed(text)
    }
    inputs = try left.split(separator: ",", omittingEmptySubsequences: false).map { try Self.term($0, text) }
    output = sides.count == 2 ? try Self.term(sides[1], text) : nil
    let known = Set(inputs.joined())
    guard output?.allSatisfy({ $0 == nil || known.contains($0) }) ?? true,
      Set(output ?? []).count == output?.count ?? 0
    else { throw Self.malformed(text) }
  }

  private static func term(_ text: Substring, _ equation: String) throws -> Term {
    var term: Term = []
    var rest = text
    while let next = rest.first {
      if rest.hasPrefix("...") {
        term.append(nil)
        rest = rest.dropFirst(3)
      } else {
        guard next.isASCII, next.isLetter else { throw malformed(equation) }
        term.append(next)
        rest = rest.dropFirst()
      }
    }
    guard term.count(where: { $0 == nil }) <= 1 else { throw malformed(equation) }
    return term
  }

  private static func malformed(_ text: String) -> CompileError {
    CompileError("attribute-value", "attribute 'equation' is '\(text)'")
  }

  var operandCount: Int { inputs.count }

  /// The labels of every operand's axes.
  ///
  /// - Throws: `shape-mismatch` where an operand has fewer axes than letters, or more without `...`.
  func labels(ranks: [Int]) throws -> [[Label]] {
    guard ranks.count == inputs.count else {
      throw CompileError(
        "shape-mismatch", "the equation has \(inputs.count) terms, the node \(ranks.count) operands")
    }
    return try zip(inputs, ranks).enumerated().map { operand, pair in
      let (term, rank) = pair
      let spare = rank - term.count(where: { $0 != nil })
      guard spare == 0 || (spare > 0 && term.contains(nil)) else {
        throw CompileError(
          "shape-mismatch", "operand \(operand) has rank \(rank), its term has \(rank - spare) letters")
      }
      return Self.spread(term, spare)
    }
  }

  /// The labels of the output's axes, given those of the operands.
  func outputLabels(_ operands: [[Label]]) -> [Label] {
    let width = operands.joined().reduce(0) {
      if case .ellipsis(let place) = $1 { max($0, place + 1) } else { $0 }
    }
    if let output { return Self.spread(output, width) }
    var counts: [Character: Int] = [:]
    for case .letter(let letter) in operands.joined() { counts[letter, default: 0] += 1 }
    let single = counts.filter { $0.value == 1 }.keys.sorted()
    return Self.spread([nil] + single, width)
  }

  private static func spread(_ term: Term, _ width: Int) -> [Label] {
    term.flatMap { letter in
      letter.map { [.letter($0)] } ?? (0..<width).reversed().map { .ellipsis($0) }
    }
  }
}
