import Analysis
import GraphIR

/// Sets to zero the weights with which layers read the selected channels. The network that results is, by definition,
/// what the compacted one must equal.
///
///     before  conv2.weight [32, 16, 3, 3]      after  the same, zero at [:, removed, :, :]
///
/// Not part of a compilation: removal needs no zeros in memory. It serves to see, and to compare with, the network that
/// is compacted. Does nothing where nothing is selected.
package struct ZeroFilters: Pass {
  package static let name = "zero-filters"

  package init() {}

  package func require(_ state: Compilation) throws {
    if state.selection == nil { throw CompileError.order("select-filters") }
  }

  package func run(on state: inout Compilation) throws -> PassOutcome {
    guard let groups = state.groups?.groups, let removal = state.selection?.removal else {
      throw CompileError.order("select-filters")
    }
    var lost: [ValueID: [(axis: Int, positions: [Int])]] = [:]
    for (group, members) in zip(groups, removal.members) where !members.isEmpty {
      for axis in group.axes where axis.role == .consumer && axis.isStored {
        let positions = members.flatMap { axis.positions(ofMember: $0).map { Int($0) } }
        lost[axis.value, default: []].append((axis.axis, positions))
      }
    }
    let index = GraphIndex(state.model.graph)
    let quantized = state.groups?.quantized
    for (id, tensor) in state.model.graph.constants.sorted(by: { $0.key < $1.key }) {
      guard let slots = lost[id] else { continue }
      let name = state.model.graph[id].name
      let background = try quantized?.zeros(of: id).map {
        try Self.bytes($0, stride: tensor.elementStride ?? 1)
      }
      state.model.graph.setConstant(
        id, try Self.zeroed(tensor, slots, background, name), producer: index.producer(of: id))
    }
    return removal.isEmpty ? .unchanged : .changed(detail: "\(lost.count) weights")
  }

  package func ensure(_ state: Compilation, after before: Compilation) throws {}

  /// Integers as they lie in a tensor with elements of `stride` bytes.
  private static func bytes(_ integers: [Int], stride: Int) throws -> Bytes {
    try Bytes(count: integers.count * stride) { target in
      for (index, value) in integers.enumerated() {
        withUnsafeBytes(of: Int64(value).littleEndian) { source in
          UnsafeMutableRawBufferPointer(rebasing: target[index * stride..<(index + 1) * stride])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<stride]))
        }
      }
    }
  }

  /// The tensor with slots taken from `background`, or filled with zeros where there is none.
  private static func zeroed(
    _ tensor: Tensor, _ slots: [(axis: Int, positions: [Int])], _ background: Bytes?, _ name: String
  ) throws -> Tensor {
    guard let stride = tensor.elementStride, let bytes = tensor.bytes else {
      throw CompileError("cannot-cut", "the elements of '\(name)' do not begin on a byte", exit: .internal)
    }
    let result = try Bytes(count: bytes.count) { target in
      bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      for (axis, positions) in slots {
        let inner = tensor.dims[(axis + 1)...].reduce(stride, *)
        let outer = tensor.dims[..<axis].reduce(1, *)
        for block in 0..<outer {
          for position in positions {
            let start = (block * tensor.dims[axis] + position) * inner
            let slot = UnsafeMutableRawBufferPointer(rebasing: target[start..<start + inner])
            if let background {
              background.withUnsafeBytes {
                slot.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + inner]))
              }
            } else {
              slot.initializeMemory(as: UInt8.self, repeating: 0)
            }
          }
        }
      }
    }
    return tensor.replacing(dims: tensor.dims, bytes: result)
  }
}
