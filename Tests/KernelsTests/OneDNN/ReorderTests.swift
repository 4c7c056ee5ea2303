import Kernels
import Testing

@Suite("Reorder")
struct ReorderTests {
  private static let shapes = [
    NaiveConvolution((16, 32), [5, 4], [3, 3]), NaiveConvolution((11, 17), [5, 4], [3, 3]),
    NaiveConvolution((17, 5), [4, 4, 3], [2, 2, 2]), NaiveConvolution((3, 11), [9], [3]),
    NaiveConvolution((32, 32), [6, 6], [3, 3], groups: 32),
  ]

  @Test("A tensor comes back from a kernel's layout as it went in", arguments: shapes)
  func thereAndBack(_ naive: NaiveConvolution) throws {
    let kernel = try naive.kernel()
    for layout in [kernel.inputs[0], kernel.outputs[0]] {
      let native = try #require(layout)
      let x = randomFloats(native.elementCount, seed: 1)
      #expect(native.byteCount >= native.rowMajor.byteCount)
      #expect(native.rowMajor.isRowMajor && native.rowMajor.dims == native.dims)
      #expect(try NativeTensor(native, x).read() == x)
    }
  }

  @Test("The gradient of a copy is the copy back", arguments: shapes)
  func gradient(_ naive: NaiveConvolution) throws {
    let native = try #require(try naive.kernel().outputs[0])
    let x = randomFloats(native.elementCount, seed: 1)
    for (source, target) in [(native.rowMajor, native), (native, native.rowMajor), (native, native)] {
      let bound = try NativeKernel(Reorder(from: source, to: target), [x])
      #expect(try bound.forward() == x)
      #expect(try bound.backward(x, wanted: [0]) == [0: x])
    }
  }

  @Test("Two kernels' layouts are turned into each other")
  func betweenKernels() throws {
    let narrow = NaiveConvolution((3, 16), [6, 6], [3, 3], pads: ([1, 1], [1, 1]))
    let wide = NaiveConvolution((16, 11), [6, 6], [1, 1])
    let (from, to) = (try #require(try narrow.kernel().outputs[0]), try #require(try wide.kernel().inputs[0]))
    let x = randomFloats(from.elementCount, seed: 1)
    #expect(try NativeKernel(Reorder(from: from, to: to), [x]).forward() == x)
  }
}
