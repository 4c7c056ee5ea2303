import Datasets
import Testing

@Suite("CIFAR's binary folders")
struct CIFARTests {
  @Test("are split by their files' names")
  func tens() throws {
    let train = try Datasets.open(
      fixture("cifar10"), split: .train, expecting: SampleExpectation(shape: [3, 32, 32], classCount: 10))
    #expect(train.summary == "CIFAR-10 binary folder: 3 samples [3, 32, 32] uint8, 10 classes")
    #expect(train.labels == [3, 9, 0])
    #expect(try train.bytes() == Array(bytesLike(5 * 3072)[..<(3 * 3072)]))
    #expect(try Datasets.open(fixture("cifar10"), split: .test).labels == [7, 1])
  }

  @Test("of a hundred classes give the fine label")
  func hundreds() throws {
    let train = try Datasets.open(fixture("cifar100"), split: .train)
    #expect(train.labels == [99, 4] && train.classCount == 100)
    #expect(try train.bytes() == Array(bytesLike(2 * 3072)))
    #expect(try Datasets.open(fixture("cifar100"), split: .test).count == 1)
  }

  @Test("are refused where something is missing")
  func bad() {
    expectFailure("cifar-bad/size", .format, "data_batch_1.bin", "3072 bytes", "3073")
    expectFailure("cifar-bad/label", .label, "label 10 of sample 1", "0..<10")
    expectFailure("cifar-bad/empty", .empty)
    expectFailure("cifar-bad/test-only", .empty, "test_batch.bin", "train")
    expectFailure("cifar-bad/python", .format, "pickled", "binary version")
    expectFailure("cifar100", .label, "label 99 of sample 0", expecting: SampleExpectation(classCount: 10))
  }
}

@Suite("MNIST's IDX folders")
struct IDXTests {
  @Test("are read plain and compressed", arguments: ["idx", "idx-gz"])
  func train(name: String) throws {
    let dataset = try Datasets.open(fixture(name), split: .train)
    #expect(dataset.sampleShape == [1, 5, 6] && dataset.elementKind == .bytes)
    #expect(dataset.labels == [1, 0, 2, 1] && dataset.classCount == 3)
    #expect(try dataset.bytes() == bytesLike(120))
  }

  @Test("have a half to test with, also with a dot in the names")
  func test() throws { #expect(try Datasets.open(fixture("idx"), split: .test).labels == [1]) }

  @Test(
    "fit models with and without an axis for the channel", arguments: [[1, 5, 6], [5, 6], [nil, nil, 6]])
  func unitAxes(shape: [Int?]) throws {
    let dataset = try Datasets.open(fixture("idx"), split: .train, expecting: SampleExpectation(shape: shape))
    #expect(dataset.sampleShape == (shape.count == 2 ? [5, 6] : [1, 5, 6]))
  }

  @Test("are refused where header and content differ, with the file's name")
  func bad() {
    expectFailure("idx-bad/magic", .format, "train-images-idx3-ubyte", "2051")
    expectFailure("idx-bad/count", .label, "4 samples and 3 labels")
    expectFailure("idx-bad/short", .format, "too early")
    expectFailure("idx-bad/long", .format, "goes on")
    expectFailure("idx-bad/absurd", .format, "4294967295")
    expectFailure("idx-bad/empty", .empty, "[0, 5, 6]")
    expectFailure("idx-bad/gz-truncated", .format, "cannot be decompressed")
    expectFailure("idx-bad/gz-checksum", .format, "cannot be decompressed")
    expectFailure("idx-gz", .empty, "t10k-images-idx3-ubyte", split: .test)
  }
}

@Suite("Paths that are no data set")
struct UnknownPathTests {
  @Test("say what was found and what is known")
  func unknown() {
    expectFailure("none", .open, "no such")
    expectFailure("unknown", .format, "notes.txt", "CIFAR", "IDX", ".npz")
    expectFailure("unknown/notes.txt", .format, "no .npz", "CIFAR")
    expectFailure("images-flat", .format, "one folder a class")
  }
}
