/// How a tensor is resampled, in ONNX `Resize`'s words.
package struct ResizeRule: Sendable, Equatable {
  package enum Interpolation: Sendable, Equatable {
    case nearest(Rounding)
    case linear
    /// Keys' cubic convolution with coefficient a (IEEE Trans. ASSP 29(6), 1981).
    case cubic(a: Float)
  }

  /// Which neighbour is the nearest; the first two differ for a place halfway between two.
  package enum Rounding: Sendable {
    case preferFloor
    case preferCeil
    case floor
    case ceil
  }

  /// Where an index of the output lies in the input.
  package enum Coordinates: Sendable {
    case halfPixel
    case halfPixelSymmetric
    case pytorchHalfPixel
    case alignCorners
    case asymmetric
    case cropAndResize
  }

  package var interpolation: Interpolation
  package var coordinates: Coordinates
  /// Whether filters become wider where the output is smaller (linear and cubic).
  package var isAntialiased: Bool
  /// Whether what lies outside the input has no weight, and the others more; otherwise the edge counts in its place.
  package var excludesOutside: Bool
  /// What lies outside the input, for `cropAndResize`.
  package var extrapolationValue: Float

  package init(
    _ interpolation: Interpolation, _ coordinates: Coordinates = .halfPixel, antialias: Bool = false,
    excludeOutside: Bool = false, extrapolationValue: Float = 0
  ) {
    self.interpolation = interpolation
    self.coordinates = coordinates
    isAntialiased = antialias
    excludesOutside = excludeOutside
    self.extrapolationValue = extrapolationValue
  }
}

/// One axis that is resampled.
package struct ResizedAxis: Sendable, Equatable {
  package var axis: Int
  package var length: Int
  /// Length of the output by that of the input, as the model has it.
  package var scale: Float
  /// The part of the axis that is looked at, from 0 to 1, for `cropAndResize`.
  package var region: (start: Float, end: Float)

  package init(_ axis: Int, length: Int, scale: Float, region: (start: Float, end: Float) = (0, 1)) {
    self.axis = axis
    self.length = length
    self.scale = scale
    self.region = region
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.axis == b.axis && a.length == b.length && a.scale == b.scale && a.region == b.region
  }
}

extension ResizeRule {
  /// Where index `index` of the output lies in the input.
  ///
  /// In Float, as ONNX Runtime does it: what is rounded afterwards depends on the last bit.
  func place(_ index: Int, _ axis: ResizedAxis, from length: Int) -> Float {
    let (i, own, resized) = (Float(index), Float(length), Float(axis.length))
    switch coordinates {
    case .halfPixel: return (i + 0.5) / axis.scale - 0.5
    case .pytorchHalfPixel: return axis.length > 1 ? (i + 0.5) / axis.scale - 0.5 : 0
    case .alignCorners: return axis.length > 1 ? i * (own - 1) / (resized - 1) : 0
    case .asymmetric: return i / axis.scale
    case .halfPixelSymmetric:
      let adjustment = resized / (axis.scale * own)
      return own / 2 * (1 - adjustment) + (i + 0.5) / axis.scale - 0.5
    case .cropAndResize:
      let (start, end) = axis.region
      return axis.length > 1
        ? start * (own - 1) + i * (end - start) * (own - 1) / (resized - 1) : 0.5 * (start + end) * (own - 1)
    }
  }
}

extension ResizeRule.Rounding {
  func callAsFunction(_ place: Float) -> Int {
    switch self {
    case .preferFloor: Int(place == place.rounded(.down) + 0.5 ? place.rounded(.down) : roundedAway(place))
    case .preferCeil: Int(place == place.rounded(.down) + 0.5 ? place.rounded(.up) : roundedAway(place))
    case .floor: Int(place.rounded(.down))
    case .ceil: Int(place.rounded(.up))
    }
  }

  private func roundedAway(_ place: Float) -> Float { place.rounded(.toNearestOrAwayFromZero) }
}
