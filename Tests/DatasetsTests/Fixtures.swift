import Datasets
import Testing

/// Path of a file or folder of `Tests/Fixtures/datasets`, which `generate.py` there writes.
func fixture(_ name: String) -> String {
  let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
    separator: "/")
  return "\(tests)/Fixtures/datasets/\(name)"
}

extension Dataset {
  /// A sample's floats.
  func sample(_ index: Int) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: sampleSize) { target, filled in
      try read(index, into: UnsafeMutableBufferPointer(rebasing: target[..<sampleSize]))
      filled = sampleSize
    }
  }

  /// All samples of bytes, one after another, as the bytes that they were.
  func bytes() throws -> [Int] {
    try (0..<count).flatMap { try sample($0).map { Int(($0 * 255).rounded()) } }
  }
}

/// The generator's `bytes_like`.
func bytesLike(_ count: Int) -> [Int] { (0..<count).map { $0 * 7 % 251 } }

/// Expects opening, or reading every sample, to fail with the code, naming the file and saying all of `words`.
func expectFailure(
  _ name: String, _ code: DatasetError.Code, _ words: String..., split: DatasetSplit = .train,
  expecting: SampleExpectation = .anything, memoryLimit: Int = 1 << 30,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = #expect(throws: DatasetError.self, sourceLocation: sourceLocation) {
    let dataset = try Datasets.open(
      fixture(name), split: split, expecting: expecting, memoryLimit: memoryLimit)
    for index in 0..<dataset.count { _ = try dataset.sample(index) }
  }
  guard let error else { return }
  #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  #expect(error.path.contains(fixture(name)), "\(error)", sourceLocation: sourceLocation)
  for word in words {
    #expect(error.description.contains(word), "\(error)", sourceLocation: sourceLocation)
  }
}
