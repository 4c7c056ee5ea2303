/// Loops over a sample's elements.
enum Pixels {
  /// value/255 of each byte.
  static func scale(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<Float>) {
    for index in 0..<min(source.count, target.count) { target[index] = Float(source[index]) / 255 }
  }

  /// value/255 of each byte, from [H, W, C] to [C, H, W].
  static func scale(
    _ source: UnsafeBufferPointer<UInt8>, channels: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let area = source.count / channels
    for channel in 0..<channels {
      for pixel in 0..<area {
        target[channel * area + pixel] = Float(source[pixel * channels + channel]) / 255
      }
    }
  }

  /// Copies; false where an element is NaN or infinite.
  static func copy(
    _ source: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    let exponent: UInt32 = 0x7f80_0000
    var found: UInt32 = 0
    for index in 0..<min(source.count, target.count) {
      let value = source[index]
      target[index] = value
      found |= value.bitPattern & exponent == exponent ? 1 : 0
    }
    return found == 0
  }
}
