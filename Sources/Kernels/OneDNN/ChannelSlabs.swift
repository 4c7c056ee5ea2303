import COneDNN

/// A tensor [N, C, …] as slabs that lie one behind the other: of each sample, each channel's map, or the maps of a block
/// of channels with the channel innermost (oneDNN's `nChw8c` and `nChw16c`).
struct ChannelSlabs {
  let samples: Int
  let channels: Int
  /// Positions of a channel in a sample.
  let area: Int
  /// Channels of a slab: 1, 8 or 16. The last block may be filled up with zeros.
  let width: Int

  /// Nil for layouts of another form.
  init?(_ layout: TensorLayout) {
    let dims = layout.dims
    guard layout.scalar == .float, dims.count >= 2, layout.elementCount > 0 else { return nil }
    let width: Int
    if layout.isRowMajor {
      width = 1
    } else if let blocked = [8, 16].first(where: { Self.isBlocked(layout, by: $0) }) {
      width = blocked
    } else {
      return nil
    }
    samples = dims[0]
    channels = dims[1]
    area = dims[2...].reduce(1, *)
    self.width = width
  }

  private static func isBlocked(_ layout: TensorLayout, by width: Int) -> Bool {
    MemoryDescriptor(layout.dims, block: width).map { $0 == layout.descriptor } ?? false
  }

  /// Slabs of a sample.
  var blocks: Int { (channels + width - 1) / width }
  /// C, rounded up to whole slabs.
  var paddedChannels: Int { blocks * width }
  var slabCount: Int { samples * blocks }
  /// Floats of a slab.
  var slabSize: Int { area * width }

  /// Calls `body` with the numbers of slabs, on several threads: first those of the first sample.
  func onEach(_ body: (Int) -> Void) {
    Parallel.run(slabCount, grain: max(1, (1 << 13) / slabSize)) { part in
      for slab in part { body(slab) }
    }
  }
}
