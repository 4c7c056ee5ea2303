#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Exponentials and what follows from them, without branches and calls, so that the compiler makes vectors of a loop
/// over them; and with additions and multiplications alone, so that every machine gives the same bits.
enum FloatMath {
  /// eˣ, to 2 units in the last place; subnormal results included.
  @inline(__always)
  static func exp(_ x: Float) -> Float {
    let parts = ExponentialParts(x)
    return (1 + parts.fraction) * parts.halfScale * parts.otherHalfScale
  }

  /// eˣ − 1 for x ≤ 88, exact to 3 units in the last place near 0 too.
  @inline(__always)
  static func expMinusOne(_ x: Float) -> Float {
    let parts = ExponentialParts(x)
    let scale = parts.halfScale * parts.otherHalfScale
    return scale * parts.fraction + (scale - 1)
  }

  /// 1 / (1 + e⁻ˣ).
  @inline(__always)
  static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

  /// tanh |x| = −t / (2 + t) with t = e^(−2|x|) − 1.
  @inline(__always)
  static func tanh(_ x: Float) -> Float {
    let t = expMinusOne(-2 * abs(x))
    return signed(-t / (2 + t), like: x)
  }

  /// log(1 + eˣ) = max(x, 0) + log(1 + u) with u = e^(−|x|).
  ///
  /// log(1 + u) = 2 artanh s with s = u / (2 + u) ≤ 1/3, by a polynomial in s², exact to 5e-9.
  @inline(__always)
  static func softplus(_ x: Float) -> Float {
    let u = exp(-abs(x))
    let s = u / (2 + u)
    let z = s * s
    var series: Float = z * 0.280_126_857 + 0.280_016_735
    series = series * z + 0.400_215_346
    series = series * z + 0.666_664_162
    series = series * z + 2
    return x.atLeast(0) + s * series
  }

  /// The error function, to 2 units in the last place: a polynomial near 0, and 1 − e^p(|x|) with another elsewhere.
  ///
  /// - SeeAlso: N. Juffa's coefficients, <https://stackoverflow.com/a/35148199>
  @inline(__always)
  static func erf(_ x: Float) -> Float {
    let t = abs(x)
    let s = x * x
    var near: Float = s * -5.967_617_03e-4 + 4.991_194_23e-3
    near = near * s - 2.676_813_49e-2
    near = near * s + 1.128_199_25e-1
    near = near * s - 3.761_253_36e-1
    near = near * s + 1.283_791_66e-1
    near = near * x + x
    // Beyond 4 the result is 1; the polynomial is not made for larger arguments.
    let b = t.atMost(4)
    let c = b * b
    let other: Float = b * -3.883_964_38e-3 + 2.425_462_19e-2
    var power: Float = b * -1.728_534_70e-5 + 3.831_971_26e-4
    power = power * c + other
    power = power * b - 1.067_778_77e-1
    power = power * b - 6.348_466_87e-1
    power = power * b - 1.287_175_12e-1
    power = power * b - b
    let far = signed(1 - exp(power), like: x)
    return choose(t > 0.927_734_375, far, near)
  }

  /// e^(−x²/2), and Φ(x) to an absolute error of 6e-8.
  ///
  /// Φ(−|x|) = p(t)·e^(−x²/2) with t = 1 / (1 + 0.36·|x|/√2), the form of Abramowitz and Stegun 7.1.26, with a polynomial
  /// of degree 7 fitted to the precision of a float.
  @inline(__always)
  static func normalDistribution(_ x: Float) -> (bell: Float, cumulative: Float) {
    let bell = exp(-0.5 * x * x)
    let t = 1 / (1 + 0.254_558_441 * abs(x))
    var p: Float = t * -0.082_127_131 + 0.283_256_348
    p = p * t - 0.179_556_097
    p = p * t + 0.215_631_841
    p = p * t + 0.053_302_118
    p = p * t + 0.108_395_968
    p = p * t + 0.101_096_942
    let tail = p * t * bell
    return (bell, choose(x < 0, tail, 1 - tail))
  }

  @inline(__always)
  static func log(_ x: Float) -> Float { logf(x) }

  /// A magnitude with the sign of another number.
  @inline(__always)
  static func signed(_ magnitude: Float, like other: Float) -> Float {
    Float(bitPattern: magnitude.bitPattern & 0x7fff_ffff | other.bitPattern & 0x8000_0000)
  }
}

/// One of two numbers, both of which are known: no branch.
@inline(__always)
func choose(_ condition: Bool, _ a: Float, _ b: Float) -> Float { condition ? a : b }

extension Float {
  /// The larger of the two; NaN where `self` is NaN.
  @inline(__always)
  func atLeast(_ bound: Float) -> Float { self < bound ? bound : self }

  /// The smaller of the two; NaN where `self` is NaN.
  @inline(__always)
  func atMost(_ bound: Float) -> Float { self > bound ? bound : self }
}

/// eˣ = 2ⁿ · (1 + fraction) with |x − n·log 2| ≤ log 2 / 2.
///
/// The polynomial is that of Cephes' `expf` (S. L. Moshier), without its final addition of 1. 2ⁿ comes in two
/// factors, since 2⁻¹⁵⁰ and 2¹²⁸ are no floats.
private struct ExponentialParts {
  let fraction: Float
  let halfScale: Float
  let otherHalfScale: Float

  @inline(__always)
  init(_ argument: Float) {
    let x = argument.atLeast(-104).atMost(89)
    // Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
    let shifted = x * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = x - n * 0.693_359_375 - n * -2.121_944_40e-4
    var q: Float = r * 1.987_569_15e-4 + 1.398_199_951e-3
    q = q * r + 8.333_451_907e-3
    q = q * r + 4.166_579_589e-2
    q = q * r + 1.666_666_546e-1
    q = q * r + 5.000_000_12e-1
    fraction = q * (r * r) + r
    let exponent = Int32(bitPattern: shifted.bitPattern) &- 0x4b40_0000
    let half = exponent &>> 1
    halfScale = Self.power(half)
    otherHalfScale = Self.power(exponent &- half)
  }

  /// 2ⁿ for a normal result.
  @inline(__always)
  private static func power(_ n: Int32) -> Float {
    Float(bitPattern: UInt32(bitPattern: (n &+ 127) &<< 23))
  }
}
