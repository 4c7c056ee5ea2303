import GraphIR
import Kernels

/// How ``Resize`` interpolates, as its attributes and its opset say it.
struct ResizeAttributes: Sendable {
  private let mode: String
  private let coordinates: String
  private let rounding: String
  private let coefficient: Float
  private let isAntialiased: Bool
  private let excludesOutside: Bool
  private let extrapolationValue: Float

  init(_ node: OperatorNode) throws {
    // Upsample, and Resize in opset 10, know one kind of coordinates.
    let isOld = node.opType == "Upsample" || node.opsetVersion < 11
    mode = try node.string("mode") ?? "nearest"
    coordinates = try isOld ? "asymmetric" : node.string("coordinate_transformation_mode") ?? "half_pixel"
    rounding = try isOld ? "floor" : node.string("nearest_mode") ?? "round_prefer_floor"
    coefficient = try node.float("cubic_coeff_a") ?? -0.75
    isAntialiased = try node.int("antialias") ?? 0 != 0
    excludesOutside = try node.int("exclude_outside") ?? 0 != 0
    extrapolationValue = try node.float("extrapolation_value") ?? 0
  }

  /// The same for kernels.
  ///
  /// - Throws: ``KernelError`` for a mode without a kernel.
  func rule() throws -> ResizeRule {
    let interpolation: ResizeRule.Interpolation
    switch mode {
    case "nearest":
      guard let rounding = Self.roundings[rounding] else {
        throw KernelError("nearest_mode '\(rounding)' has no kernel")
      }
      interpolation = .nearest(rounding)
    case "linear", "bilinear": interpolation = .linear
    case "cubic": interpolation = .cubic(a: coefficient)
    default: throw KernelError("the mode '\(mode)' has no kernel")
    }
    guard let coordinates = Self.coordinates[coordinates] else {
      throw KernelError("coordinate_transformation_mode '\(coordinates)' has no kernel")
    }
    return ResizeRule(
      interpolation, coordinates, antialias: isAntialiased, excludeOutside: excludesOutside,
      extrapolationValue: extrapolationValue)
  }

  private static let roundings: [String: ResizeRule.Rounding] = [
    "round_prefer_floor": .preferFloor, "round_prefer_ceil": .preferCeil, "floor": .floor, "ceil": .ceil,
  ]

  private static let coordinates: [String: ResizeRule.Coordinates] = [
    "half_pixel": .halfPixel, "half_pixel_symmetric": .halfPixelSymmetric,
    "pytorch_half_pixel": .pytorchHalfPixel, "align_corners": .alignCorners, "asymmetric": .asymmetric,
    "tf_crop_and_resize": .cropAndResize,
  ]
}
