import Datasets
import Testing

@Suite("NumPy arrays")
struct NPYTests {
  private func open(_ name: String) throws -> any Dataset {
    try Datasets.open(fixture("npy/\(name).npy"), split: .train)
  }

  private func floats(_ name: String) throws -> [Float] {
    let dataset = try open(name)
    #expect(dataset.sampleShape == [3, 4] && dataset.count == 2 && dataset.labels == nil)
    return try dataset.sample(0) + dataset.sample(1)
  }

  @Test(
    "of every type of number are read as they are",
    arguments: [
      "i1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "i2-big", "u4-big", "i8-big", "f2-big",
      "f4-big",
      "f8-big", "version-2", "version-3",
    ])
  func types(name: String) throws { #expect(try floats(name) == (0..<24).map { Float($0) }) }

  @Test("of booleans are zeros and ones")
  func booleans() throws { #expect(try floats("b1") == (0..<24).map { Float($0 % 2) }) }

  @Test("of bytes are scaled, to the last bit as torchvision's ToTensor does")
  func bytes() throws {
    #expect(try floats("u1") == (0..<24).map { Float($0) / 255 })
    #expect(try open("u1").elementKind == .bytes)
  }

  @Test("in Fortran's order are put into C's")
  func fortran() throws {
    #expect(try floats("fortran") == (0..<24).map { Float($0) })
    #expect(try floats("fortran-u1") == (0..<24).map { Float($0) / 255 })
  }

  @Test(
    "with a header that is not true, or not a header, are refused",
    arguments: [
      ("magic", "\\x93NUMPY"), ("version", "4.0"), ("truncated", "[2, 3]"), ("longer", "[2, 3]"),
      ("absurd", "absurd"), ("huge", "[1099511627776]"), ("negative", "dictionary"), ("code", "dictionary"),
      ("twice", "dictionary"), ("no-header", "too early"), ("complex", "'<c8'"), ("records", "records"),
      ("nothing", "too early"),
    ])
  func lies(name: String, word: String) { expectFailure("npy-bad/\(name).npy", .format, word) }

  @Test("of pickled objects are refused")
  func objects() { expectFailure("npy-bad/object.npy", .format, "pickled", "run code") }

  @Test("without samples are refused")
  func empty() {
    expectFailure("npy-bad/empty.npy", .empty, "[0, 3, 4, 4]")
    expectFailure("npy-bad/scalar.npy", .shape, "single number")
  }

  @Test("tell which sample is not finite, and where", arguments: [("nan", "nan"), ("inf", "inf")])
  func notFinite(name: String, word: String) throws {
    #expect(try open(name).sample(0) == [1, 1, 1, 1])
    expectFailure("npy/\(name).npy", .value, "sample 1 holds \(word) at element 2")
  }

  @Test("take no more memory than is allowed, counted before it is taken")
  func memory() {
    expectFailure("npy/f4.npy", .memory, "[2, 3, 4]", memoryLimit: 95)
    expectFailure("npy/fortran.npy", .memory, memoryLimit: 191)
    #expect(throws: Never.self) { try Datasets.open(fixture("npy/f4.npy"), split: .train, memoryLimit: 96) }
  }
}
