/// The transposition of a matrix: what is a row of the source is a column of the target.
///
///     target[i, j] = source[j, i]      i < rows, j < columns
///
/// Tiles of 4 × 4 numbers are turned in registers, within larger tiles that fit into the nearest cache.
enum TurnedCopy {
  private static let tile = 32

  @inline(__always)
  static func run<Word: FixedWidthInteger>(
    _ source: UnsafePointer<Word>, _ sourceStride: Int,
    _ target: UnsafeMutablePointer<Word>, _ targetStride: Int, _ rows: Int, _ columns: Int
  ) {
    for top in stride(from: 0, to: rows, by: tile) {
      let height = min(tile, rows - top)
      for left in stride(from: 0, to: columns, by: tile) {
        let width = min(tile, columns - left)
        let from = source + (left &* sourceStride &+ top)
        let to = target + (top &* targetStride &+ left)
        turnTile(from, sourceStride, to, targetStride, height, width)
      }
    }
  }

  @inline(__always)
  private static func turnTile<Word: FixedWidthInteger>(
    _ source: UnsafePointer<Word>, _ sourceStride: Int,
    _ target: UnsafeMutablePointer<Word>, _ targetStride: Int, _ rows: Int, _ columns: Int
  ) {
    var (wholeRows, wholeColumns) = (0, 0)
    if Word.bitWidth == 32 {
      (wholeRows, wholeColumns) = (rows & ~3, columns & ~3)
      for i in stride(from: 0, to: wholeRows, by: 4) {
        for j in stride(from: 0, to: wholeColumns, by: 4) {
          let from = UnsafeRawPointer(source + (j &* sourceStride &+ i))
          let to = UnsafeMutableRawPointer(target + (i &* targetStride &+ j))
          turnSquare(from, sourceStride &* 4, to, targetStride &* 4)
        }
      }
    }
    for i in wholeRows..<rows {
      for j in 0..<columns { target[i &* targetStride &+ j] = source[j &* sourceStride &+ i] }
    }
    for j in wholeColumns..<columns {
      for i in 0..<wholeRows { target[i &* targetStride &+ j] = source[j &* sourceStride &+ i] }
    }
  }

  /// 4 × 4 words of 4 bytes; strides in bytes.
  @inline(__always)
  private static func turnSquare(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ target: UnsafeMutableRawPointer, _ targetStride: Int
  ) {
    typealias Four = SIMD4<UInt32>
    let a = source.loadUnaligned(as: Four.self)
    let b = source.loadUnaligned(fromByteOffset: sourceStride, as: Four.self)
    let c = source.loadUnaligned(fromByteOffset: 2 &* sourceStride, as: Four.self)
    let d = source.loadUnaligned(fromByteOffset: 3 &* sourceStride, as: Four.self)
    target.storeBytes(of: Four(a[0], b[0], c[0], d[0]), as: Four.self)
    target.storeBytes(of: Four(a[1], b[1], c[1], d[1]), toByteOffset: targetStride, as: Four.self)
    target.storeBytes(of: Four(a[2], b[2], c[2], d[2]), toByteOffset: 2 &* targetStride, as: Four.self)
    target.storeBytes(of: Four(a[3], b[3], c[3], d[3]), toByteOffset: 3 &* targetStride, as: Four.self)
  }
}
