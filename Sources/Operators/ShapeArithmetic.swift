import GraphIR

/// What an element-by-element function makes of the integers that a graph computes shapes with.
///
/// Floating-point factors, such as the scale of an Upsample, are followed as far as the result is an integer.
struct ShapeArithmetic {
  /// An element of a shape computation: an integer, known or not, or a number between integers.
  private enum Number {
    case integer(Dimension)
    case fraction(Double)
  }

  private let function: NaryFunction
  private let truncatesModulo: Bool

  init(_ function: NaryFunction, truncatesModulo: Bool) {
    self.function = function
    self.truncatesModulo = truncatesModulo
  }

  /// The elements of the result, row-major; nil where an operand's, or the result's, are not known.
  func content(_ operands: [ValueFact], shape: [Dimension]?) -> [ContentElement]? {
    guard let shape = ValueFact(shape: shape).knownShape, let count = shape.product,
      count <= ValueFact.contentLimit
    else { return nil }
    var columns: [[Number]] = []
    var sources: [[ContentElement.Source?]] = []
    for operand in operands {
      guard let own = operand.knownShape, let numbers = numbers(operand), numbers.count == own.product,
        own.count <= shape.count, zip(own, shape.suffix(own.count)).allSatisfy({ $0 == 1 || $0 == $1 })
      else { return nil }
      let positions = Broadcast.positions(of: own, in: shape)
      columns.append(positions.map { numbers[$0] })
      sources.append(positions.map { operand.content?[$0].source })
    }
    let isFloating = operands.contains { $0.elementType?.isFloatingPoint == true }
    var elements: [ContentElement] = []
    for index in 0..<count {
      guard let value = combine(columns.map { $0[index] }, isFloating) else { return nil }
      let isMultiple = function == .mul && value.known == nil
      let source = isMultiple ? sources.lazy.compactMap { $0[index] }.first : nil
      elements.append(ContentElement(value, source: source))
    }
    return elements
  }

  private func numbers(_ fact: ValueFact) -> [Number]? {
    if let content = fact.content { return content.map { .integer($0.value) } }
    guard let constant = fact.constant, constant.count <= ValueFact.contentLimit else { return nil }
    return constant.doubles?.map { Int(exactly: $0).map { .integer(Dimension($0)) } ?? .fraction($0) }
  }

  private func combine(_ values: [Number], _ isFloating: Bool) -> Dimension? {
    let integers = values.compactMap { if case .integer(let value) = $0 { value } else { nil } }
    guard integers.count == values.count else { return scale(values) }
    if function.isVariadic {
      guard let first = integers.first else { return nil }
      var result = first
      for value in integers.dropFirst() {
        guard let next = fold(result, value) else { return nil }
        result = next
      }
      return result
    }
    guard integers.count == 2 else { return nil }
    let (a, b) = (integers[0], integers[1])
    switch function {
    case .add: return a + b
    case .sub: return a - b
    case .mul: return a * b
    case .div: return quotient(a, b, isFloating)
    case .mod: return remainder(a, b)
    default: return relation(a, b)
    }
  }

  /// A symbolic length times a fraction is known only where the fraction is 1/n.
  private func scale(_ values: [Number]) -> Dimension? {
    guard function == .mul, values.count == 2 else { return nil }
    switch (values[0], values[1]) {
    case (.integer(let value), .fraction(let factor)), (.fraction(let factor), .integer(let value)):
      if let known = value.known { return Int(exactly: Double(known) * factor).map { Dimension($0) } }
      return Int(exactly: 1 / factor).flatMap { value.divided(exactlyBy: Dimension($0)) }
    default: return nil
    }
  }

  private func fold(_ a: Dimension, _ b: Dimension) -> Dimension? {
    switch function {
    case .sum: return a + b
    case .min, .max:
      if a == b { return a }
      if let a = a.known, let b = b.known { return Dimension(function == .min ? min(a, b) : max(a, b)) }
      return a.description < b.description
        ? .derived(function.rawValue, a, b) : .derived(function.rawValue, b, a)
    default: return nil
    }
  }

  /// ONNX divides integers towards zero.
  private func quotient(_ a: Dimension, _ b: Dimension, _ isFloating: Bool) -> Dimension? {
    if let exact = a.divided(exactlyBy: b) { return exact }
    guard let known = a.known, let divisor = b.known else {
      return isFloating || b.known == 0 ? nil : .derived("div", a, b)
    }
    guard divisor != 0, !known.dividedReportingOverflow(by: divisor).overflow else { return nil }
    return isFloating && known % divisor != 0 ? nil : Dimension(known / divisor)
  }

  private func remainder(_ a: Dimension, _ b: Dimension) -> Dimension? {
    if a.divided(exactlyBy: b) != nil { return 0 }
    guard let known = a.known, let divisor = b.known else {
      return b.known == 0 ? nil : .derived(truncatesModulo ? "fmod" : "mod", a, b)
    }
    guard divisor != 0 else { return nil }
    let (rest, overflow) = known.remainderReportingOverflow(dividingBy: divisor)
    if overflow { return 0 }
    return Dimension(truncatesModulo || rest == 0 || (rest < 0) == (divisor < 0) ? rest : rest + divisor)
  }

  /// Comparisons and logic: 0 or 1, or a new unknown. A length is never negative, and equal to itself.
  private func relation(_ a: Dimension, _ b: Dimension) -> Dimension? {
    guard function.givesBool else { return nil }
    if let a = a.known, let b = b.known {
      switch function {
      case .equal: return a == b ? 1 : 0
      case .greater: return a > b ? 1 : 0
      case .greaterOrEqual: return a >= b ? 1 : 0
      case .less: return a < b ? 1 : 0
      case .lessOrEqual: return a <= b ? 1 : 0
      default: return function([Double(a), Double(b)]).map { Dimension(Int($0)) }
      }
    }
    if function == .equal {
      if a == b { return 1 }
      if let known = a.known, known < 0, isLength(b) { return 0 }
      if let known = b.known, known < 0, isLength(a) { return 0 }
    }
    return .derived(function.rawValue, a, b)
  }

  /// Whether the value is a length of an axis, or a product of such, rather than any integer.
  private func isLength(_ value: Dimension) -> Bool {
    value.coefficient > 0
      && value.symbols.allSatisfy { !$0.contains("(") && !$0.contains("#") || $0.hasPrefix("conv") }
  }
}
