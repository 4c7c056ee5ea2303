/// Sums over one slab of ``ChannelSlabs``: of eight neighbouring channels, or of eight neighbouring positions of one.
///
/// Floats are added up over at most 256 vectors, then carried on in Double.
enum SlabSums {
  private static let run = 256

  /// The mean of each channel, and the sum of the squared distances from it.
  @inline(__always)
  static func statistics(
    _ x: UnsafePointer<Float>, _ area: Int, _ width: Int, mean: UnsafeMutablePointer<Double>,
    deviations: UnsafeMutablePointer<Double>
  ) {
    if width == 1 {
      let rest = area & 7
      var sum = total(sums(x, area / 8, 8, { $0 }))
      for index in area - rest..<area { sum += Double(x[index]) }
      mean[0] = sum / Double(area)
      let center = Float(mean[0])
      var squares = total(
        sums(x, area / 8, 8) {
          let distance = $0 - center
          return distance * distance
        })
      for index in area - rest..<area { squares += Double((x[index] - center) * (x[index] - center)) }
      deviations[0] = squares
      return
    }
    for first in stride(from: 0, to: width, by: 8) {
      let average = sums(x + first, area, width, { $0 }) / Double(area)
      store(average, mean + first)
      let center = Lanes(average)
      store(
        sums(x + first, area, width) {
          let distance = $0 - center
          return distance * distance
        }, deviations + first)
    }
  }

  /// Σ g and Σ g·(x − mean) of each channel, g = dY where Y > 0.
  @inline(__always)
  static func gradients(
    _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ area: Int, _ width: Int,
    _ mean: UnsafePointer<Float>, _ slope: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    appliesRelu: Bool, sum: UnsafeMutablePointer<Double>, product: UnsafeMutablePointer<Double>
  ) {
    if width == 1 {
      let (m, a, b) = (mean[0], slope[0], shift[0])
      let both = pairs(
        x, gradient, area / 8, 8, Lanes(repeating: m), Lanes(repeating: a), Lanes(repeating: b), appliesRelu)
      var (s, p) = (total(both.sum), total(both.product))
      for index in area & ~7..<area {
        let distance = x[index] - m
        guard !appliesRelu || distance * a + b > 0 else { continue }
        s += Double(gradient[index])
        p += Double(gradient[index] * distance)
      }
      sum[0] = s
      product[0] = p
      return
    }
    for first in stride(from: 0, to: width, by: 8) {
      let both = pairs(
        x + first, gradient + first, area, width, Lanes(mean + first), Lanes(slope + first),
        Lanes(shift + first), appliesRelu)
      store(both.sum, sum + first)
      store(both.product, product + first)
    }
  }

  /// Σ f(x) over `count` vectors that lie `step` floats apart.
  @inline(__always)
  private static func sums(
    _ x: UnsafePointer<Float>, _ count: Int, _ step: Int, _ f: (Lanes) -> Lanes
  ) -> SIMD8<Double> {
    var result = SIMD8<Double>()
    var index = 0
    while index < count {
      let end = min(index + run, count)
      var (even, odd) = (Lanes(), Lanes())
      while index + 1 < end {
        even += f(Lanes(x + index &* step))
        odd += f(Lanes(x + (index &+ 1) &* step))
        index &+= 2
      }
      if index < end {
        even += f(Lanes(x + index &* step))
        index &+= 1
      }
      result += SIMD8<Double>(even + odd)
    }
    return result
  }

  @inline(__always)
  private static func pairs(
    _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ count: Int, _ step: Int, _ mean: Lanes,
    _ slope: Lanes, _ shift: Lanes, _ appliesRelu: Bool
  ) -> (sum: SIMD8<Double>, product: SIMD8<Double>) {
    var (sum, product) = (SIMD8<Double>(), SIMD8<Double>())
    var index = 0
    while index < count {
      let end = min(index + run, count)
      var (s, p) = (Lanes(), Lanes())
      while index < end {
        let distance = Lanes(x + index &* step) - mean
        var g = Lanes(gradient + index &* step)
        if appliesRelu { g = g.kept(where: distance * slope + shift) }
        s += g
        p += g * distance
        index &+= 1
      }
      sum += SIMD8<Double>(s)
      product += SIMD8<Double>(p)
    }
    return (sum, product)
  }

  private static func store(_ sums: SIMD8<Double>, _ target: UnsafeMutablePointer<Double>) {
    for lane in 0..<8 { target[lane] = sums[lane] }
  }

  /// Always in the same order.
  private static func total(_ sums: SIMD8<Double>) -> Double {
    let four = sums.lowHalf + sums.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// What a normalisation computes of every number of one slab.
enum SlabMaps {
  /// Y = slope · (X − mean) + shift, then max(Y, 0) if asked for.
  @inline(__always)
  static func normalize(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ area: Int, _ width: Int,
    _ mean: UnsafePointer<Float>, _ slope: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    appliesRelu: Bool
  ) {
    if width == 1 {
      let (m, a, b) = (mean[0], slope[0], shift[0])
      let (means, slopes, shifts) = (Lanes(repeating: m), Lanes(repeating: a), Lanes(repeating: b))
      for index in stride(from: 0, to: area & ~7, by: 8) {
        let result = (Lanes(x + index) - means) * slopes + shifts
        (appliesRelu ? result.kept(where: result) : result).store(y + index)
      }
      for index in area & ~7..<area {
        let result = (x[index] - m) * a + b
        y[index] = appliesRelu && !(result > 0) ? 0 : result
      }
      return
    }
    for first in stride(from: 0, to: width, by: 8) {
      let (means, slopes, shifts) = (Lanes(mean + first), Lanes(slope + first), Lanes(shift + first))
      for index in stride(from: first, to: area &* width, by: width) {
        let result = (Lanes(x + index) - means) * slopes + shifts
        (appliesRelu ? result.kept(where: result) : result).store(y + index)
      }
    }
  }

  /// dX = slope·g + tilt·(x − mean) + offset, g = dY where Y > 0.
  @inline(__always)
  static func differentiate(
    _ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ area: Int, _ width: Int, _ own: NormalizationLoops.Coefficients, appliesRelu: Bool
  ) {
    if width == 1 {
      let (m, a, b) = (own.mean[0], own.slope[0], own.shift[0])
      let (tilt, offset) = (own.tilt[0], own.offset[0])
      let (means, slopes, shifts) = (Lanes(repeating: m), Lanes(repeating: a), Lanes(repeating: b))
      for index in stride(from: 0, to: area & ~7, by: 8) {
        let distance = Lanes(x + index) - means
        var g = Lanes(gradient + index)
        if appliesRelu { g = g.kept(where: distance * slopes + shifts) }
        (g * slopes + distance * tilt + offset).store(target + index)
      }
      for index in area & ~7..<area {
        let distance = x[index] - m
        let g = !appliesRelu || distance * a + b > 0 ? gradient[index] : 0
        target[index] = g * a + distance * tilt + offset
      }
      return
    }
    for first in stride(from: 0, to: width, by: 8) {
      let (means, slopes, shifts) = (
        Lanes(own.mean + first), Lanes(own.slope + first), Lanes(own.shift + first)
      )
      let (tilts, offsets) = (Lanes(own.tilt + first), Lanes(own.offset + first))
      for index in stride(from: first, to: area &* width, by: width) {
        let distance = Lanes(x + index) - means
        var g = Lanes(gradient + index)
        if appliesRelu { g = g.kept(where: distance * slopes + shifts) }
        (g * slopes + distance * tilts + offsets).store(target + index)
      }
    }
  }
}

extension SIMD8<Float> {
  /// 0 where `other` is not positive.
  @inline(__always)
  fileprivate func kept(where other: Lanes) -> Lanes { replacing(with: 0, where: .!(other .> 0)) }

  @inline(__always)
  fileprivate func store(_ target: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(target).storeBytes(of: self, as: Lanes.self)
  }
}
