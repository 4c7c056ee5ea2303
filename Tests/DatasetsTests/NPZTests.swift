import Datasets
import Testing

@Suite("NumPy archives and pairs")
struct NPZTests {
  private let image = SampleExpectation(shape: [3, nil, nil])
  /// [3, 2, 4, 3] as [3, 3, 2, 4]
  private let channelsFirst = {
    let stored = bytesLike(72)
    return (0..<3).flatMap { n in (0..<3).flatMap { c in (0..<8).map { stored[n * 24 + $0 * 3 + c] } } }
  }()

  @Test(
    "are read under all their names, stored or deflated, channels first or last, labels as numbers or one-hot",
    arguments: ["stored", "deflated", "channels-first", "one-hot", "halves"])
  func forms(name: String) throws {
    let dataset = try Datasets.open(fixture("npz/\(name).npz"), split: .train, expecting: image)
    #expect(dataset.sampleShape == [3, 2, 4] && dataset.elementKind == .bytes)
    #expect(try dataset.bytes() == channelsFirst)
    #expect(dataset.labels == [2, 0, 1])
    #expect(dataset.classCount == (name == "one-hot" ? 4 : 3))
  }

  @Test("with both halves give the one that is asked for")
  func halves() throws {
    #expect(try Datasets.open(fixture("npz/halves.npz"), split: .test, expecting: image).count == 1)
  }

  @Test("where both layouts fit, are taken as they are")
  func ambiguous() throws {
    let dataset = try Datasets.open(fixture("npz/ambiguous.npz"), split: .train, expecting: image)
    #expect(try dataset.bytes() == bytesLike(54))
  }

  @Test("of floats are not transposed, but it is said how to")
  func floats() {
    expectFailure("npz/float-channels-last.npz", .shape, "transpose(0, 3, 1, 2)", expecting: image)
  }

  @Test("of another shape than the model's are refused, with both shapes")
  func shapes() {
    expectFailure(
      "npz/stored.npz", .shape, "[2, 4, 3]", "[3, 32, ?]", expecting: SampleExpectation(shape: [3, 32, nil]))
    expectFailure("npz/stored.npz", .shape, "[2, 4, 3]", "[24]", expecting: SampleExpectation(shape: [24]))
  }

  @Test("with labels that are no classes of the model name the sample")
  func labels() {
    let ten = SampleExpectation(classCount: 10)
    expectFailure("npz-bad/label-high.npz", .label, "label 10 of sample 1", "0..<10", expecting: ten)
    expectFailure("npz-bad/label-negative.npz", .label, "label -1 of sample 2", "negative")
    expectFailure("npz-bad/label-fraction.npz", .label, "label 0.5 of sample 2")
    expectFailure("npz-bad/label-soft.npz", .label, "row 1")
    expectFailure("npz-bad/label-shape.npz", .label, "[3, 2, 2]")
    expectFailure("npz-bad/counts.npz", .label, "3 samples and 2 labels")
  }

  @Test("that are damaged, encrypted or lie are refused")
  func damage() {
    expectFailure("npz-bad/checksum.npz", .format, "array 'x.npy'", "CRC")
    expectFailure("npz-bad/truncated.npz", .format, "zip archive")
    expectFailure("npz-bad/encrypted.npz", .format, "array 'x.npy'", "encrypted")
    expectFailure("npz-bad/lying-size.npz", .format, "4294967280 bytes")
    expectFailure("npz-bad/pickled.npz", .format, "pickled")
    expectFailure("npz-bad/names.npz", .format, "samples.npy", "x, X, images, data")
    expectFailure("npz-bad/empty.npz", .empty, "[0, 3, 4, 4]")
  }

  @Test("that unpack to more than is allowed are refused before they are unpacked")
  func bomb() { expectFailure("npz-bad/bomb.npz", .memory, "[4, 4194304]", memoryLimit: 1 << 20) }

  @Test("as a pair of files are found in a folder, or named")
  func pair() throws {
    let found = try Datasets.open(fixture("pair"), split: .train)
    let named = try Datasets.open(samples: fixture("pair/x.npy"), labels: fixture("pair/y.npy"))
    for dataset in [found, named] {
      #expect(dataset.sampleShape == [1, 2, 2] && dataset.labels == [1, 0, 1] && dataset.classCount == 2)
      #expect(try dataset.bytes() == bytesLike(12))
    }
  }
}
