import Kernels
import Testing

/// Resampling against the product of one matrix an axis.
@Suite("Resampling")
struct ResizeTests {
  private func check(_ dims: [Int], _ axes: [ResizedAxis], _ rule: ResizeRule) throws {
    let x = NaiveTensor<Float>.random(dims)
    let kernel = ResizeKernel(dims, axes, rule)
    let output = try KernelLaw.outputs(kernel, [Operand(x)])[0]
    expectClose(output.floats, naive(x, axes, rule).values)
    try KernelLaw.checkAdjoint(kernel, [Operand(x)])
  }

  private func naive(_ x: NaiveTensor<Float>, _ axes: [ResizedAxis], _ rule: ResizeRule) -> NaiveTensor<
    Double
  > {
    var y = NaiveTensor<Double>(x.dims, x.values.map { Double($0) })
    // What is outside along any axis is outside; nothing else is made of it.
    var outside: [(axis: Int, index: Int)] = []
    for axis in axes {
      let resize = NaiveResize(rule: rule, axis: axis, length: x.dims[axis.axis])
      let rows = (0..<axis.length).map { resize.weights($0) }
      let from = y
      var dims = y.dims
      dims[axis.axis] = axis.length
      y = NaiveTensor(dims) { position in
        guard let weights = rows[position[axis.axis]] else { return 0 }
        var sum = 0.0
        var source = position
        for (index, weight) in weights.enumerated() where weight != 0 {
          source[axis.axis] = index
          sum += weight * from[source]
        }
        return sum
      }
      outside += rows.indices.filter { rows[$0] == nil }.map { (axis.axis, $0) }
    }
    return NaiveTensor(y.dims) { position in
      outside.contains { position[$0.axis] == $0.index } ? Double(rule.extrapolationValue) : y[position]
    }
  }

  private static let interpolations: [ResizeRule.Interpolation] = [
    .nearest(.preferFloor), .nearest(.preferCeil), .nearest(.floor), .nearest(.ceil), .linear,
    .cubic(a: -0.75),
    .cubic(a: -0.5),
  ]
  private static let coordinates: [ResizeRule.Coordinates] = [
    .halfPixel, .halfPixelSymmetric, .pytorchHalfPixel, .alignCorners, .asymmetric, .cropAndResize,
  ]

  @Test("takes any scale in any mode", arguments: interpolations, coordinates)
  func modes(interpolation: ResizeRule.Interpolation, coordinates: ResizeRule.Coordinates) throws {
    let rule = ResizeRule(interpolation, coordinates, extrapolationValue: 3)
    // Scales that Float and Double agree on, so that ties are ties for both; and lengths that come of rounding.
    for (height, width) in [(2.0, 0.5), (0.25, 1.5), (4, 1), (0.375, 0.875)] as [(Float, Float)] {
      let axes = [
        ResizedAxis(2, length: Int(7 * height), scale: height, region: (0.125, 0.875)),
        ResizedAxis(3, length: Int(5 * width), scale: width, region: (-0.25, 1.25)),
      ]
      try check([2, 3, 7, 5], axes, rule)
    }
  }

  @Test(
    "antialiases where it shrinks", arguments: [.linear, .cubic(a: -0.75)] as [ResizeRule.Interpolation],
    [false, true])
  func antialias(interpolation: ResizeRule.Interpolation, excludeOutside: Bool) throws {
    for coordinates in [ResizeRule.Coordinates.halfPixel, .alignCorners, .asymmetric] {
      let rule = ResizeRule(interpolation, coordinates, antialias: true, excludeOutside: excludeOutside)
      for lengths in [(3, 4), (12, 2), (5, 20)] {
        let axes = [
          ResizedAxis(2, length: lengths.0, scale: Float(lengths.0) / 11),
          ResizedAxis(3, length: lengths.1, scale: Float(lengths.1) / 9),
        ]
        try check([1, 2, 11, 9], axes, rule)
      }
    }
  }

  @Test("a cubic filter may exclude what is outside", arguments: coordinates.dropLast())
  func excludeOutside(coordinates: ResizeRule.Coordinates) throws {
    let rule = ResizeRule(.cubic(a: -0.75), coordinates, excludeOutside: true)
    try check(
      [2, 1, 5, 4], [ResizedAxis(2, length: 8, scale: 1.6), ResizedAxis(3, length: 3, scale: 0.75)], rule)
  }

  @Test(
    "takes any axes",
    arguments: [
      ([9], [0]), ([4, 9], [0]), ([4, 9], [1]), ([3, 4, 5], [0, 1, 2]), ([2, 4, 5, 3], [1, 2]),
      ([2, 3, 4, 5, 3], [2, 3, 4]),
    ] as [([Int], [Int])])
  func anyAxes(dims: [Int], axes: [Int]) throws {
    let resized = axes.map {
      ResizedAxis($0, length: 2 * dims[$0] + $0, scale: 2 + Float($0) / Float(dims[$0]))
    }
    try check(dims, resized, ResizeRule(.linear))
    try check(dims, resized, ResizeRule(.nearest(.floor), .asymmetric))
  }

  @Test("large maps, on several threads")
  func large() throws {
    let axes = [ResizedAxis(2, length: 62, scale: 2), ResizedAxis(3, length: 58, scale: 2)]
    for rule in [ResizeRule(.linear), ResizeRule(.nearest(.floor), .asymmetric)] {
      try check([2, 7, 31, 29], axes, rule)
    }
  }

  @Test("what is infinite stays where it is")
  func infinite() throws {
    let x: [Float] = [.infinity, 1, 2, -.infinity]
    for rule in [ResizeRule(.nearest(.floor), .asymmetric), ResizeRule(.linear)] {
      let y = try KernelLaw.outputs(
        ResizeKernel([4], [ResizedAxis(0, length: 8, scale: 2)], rule), [.floats(x)])[0]
        .floats
      #expect(y.first == .infinity && y.last == -.infinity && !y.contains { $0.isNaN })
    }
  }

  @Test("nothing runs where no length changes")
  func identity() {
    let axes = [ResizedAxis(2, length: 5, scale: 1)]
    #expect(ResizeKernel([1, 1, 5, 4], axes, ResizeRule(.linear)).alias == 0)
    #expect(ResizeKernel([1, 1, 5, 4], axes, ResizeRule(.nearest(.floor), .asymmetric)).alias == 0)
  }
}
