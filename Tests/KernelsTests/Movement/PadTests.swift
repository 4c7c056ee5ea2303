import Kernels
import Testing

@Suite("Padding")
struct PadTests {
  @Test(
    "Pad surrounds with a constant; negative pads cut off",
    arguments: [
      ([5], [2], [3]), ([5], [-2], [1]), ([5], [0], [-5]), ([3, 4], [0, 1], [2, 0]),
      ([3, 4], [-1, 1], [-1, -2]),
      ([2, 3, 31, 33], [0, 0, 2, 2], [0, 0, 2, 2]), ([9, 3, 30, 32], [0, 0, 4, 4], [0, 0, 4, 4]),
      ([3, 4], [0, 0], [0, 0]), ([3, 0], [1, 1], [1, 0]), ([3], [-4], [4]),
    ] as [([Int], [Int], [Int])])
  func padConstant(dims: [Int], begins: [Int], ends: [Int]) throws {
    let make = { PadKernel(dims, begins: begins, ends: ends, mode: .constant($0 == .float ? -2 : -2e6), $0) }
    try KernelLaw.checkMovement(
      make, [dims],
      { x, position in
        let source = position.indices.map { position[$0] - begins[$0] }
        return zip(source, dims).allSatisfy { (0..<$1).contains($0) } ? x[0][source] : -2
      })
  }

  @Test("Pad takes its constant from an operand where it is computed")
  func padComputed() throws {
    let kernel = PadKernel([2], begins: [1], ends: [0], mode: .constant(nil))
    #expect(try KernelLaw.outputs(kernel, [.floats([1, 2]), nil, .floats([7])]) == [.floats([7, 1, 2])])
  }

  @Test(
    "Pad continues what it surrounds",
    arguments: [
      ([5], [2], [3]), ([5], [4], [4]), ([3], [7], [8]), ([1], [2], [1]), ([5], [-1], [2]),
      ([6, 5], [2, 1], [1, 3]),
      ([2, 3, 41, 43], [0, 0, 1, 2], [0, 0, 2, 1]), ([1, 180, 190], [0, 3, 3], [0, 3, 3]),
    ] as [([Int], [Int], [Int])])
  func padContinued(dims: [Int], begins: [Int], ends: [Int]) throws {
    // An index outside steps back towards the axis until it is inside.
    func reflected(_ index: Int, _ length: Int) -> Int {
      var index = index
      while !(0..<length).contains(index) && length > 1 {
        index = index < 0 ? -index : 2 * (length - 1) - index
      }
      return length == 1 ? 0 : index
    }
    func wrapped(_ index: Int, _ length: Int) -> Int {
      var index = index
      while index < 0 { index += length }
      while index >= length { index -= length }
      return index
    }
    let modes: [(PadKernel.Mode, (Int, Int) -> Int)] = [
      (.reflect, reflected), (.wrap, wrapped), (.edge, { min(max($0, 0), $1 - 1) }),
    ]
    for (mode, rule) in modes {
      try KernelLaw.checkMovement(
        { PadKernel(dims, begins: begins, ends: ends, mode: mode, $0) }, [dims],
        { x, position in
          x[0][position.indices.map { rule(position[$0] - begins[$0], dims[$0]) }]
        })
    }
  }
}
