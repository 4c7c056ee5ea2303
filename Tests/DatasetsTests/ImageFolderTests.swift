import Datasets
import Testing

@Suite("Folders of class folders with images")
struct ImageFolderTests {
  private func expected(_ name: String) throws -> [Int] {
    try Datasets.open(fixture(name), split: .train).bytes()
  }

  @Test(
    "are what Pillow decodes: JPEG, progressive, grey, PNG, palette, with transparency or gamma",
    arguments: [(3, "rgb"), (1, "grey")])
  func decodes(channels: Int, name: String) throws {
    let dataset = try Datasets.open(
      fixture("images"), split: .train, expecting: SampleExpectation(shape: [channels, 8, 12]))
    #expect(dataset.sampleShape == [channels, 8, 12] && dataset.classCount == 3)
    #expect(dataset.labels == [0, 0, 0, 0, 1, 1, 1, 1, 2])
    #expect(try dataset.bytes() == expected("images-expected/\(name).npy"))
  }

  @Test("have the images' own size where the model fixes none")
  func ownSize() throws {
    for shape in [nil, [nil, nil, nil], [3, nil, 12]] as [[Int?]?] {
      let dataset = try Datasets.open(
        fixture("images"), split: .train, expecting: SampleExpectation(shape: shape, classCount: 5))
      #expect(dataset.sampleShape == [3, 8, 12] && dataset.classCount == 5)
    }
    expectFailure("images-mixed", .shape, "2.png", "37×23", "12×8")
  }

  @Test(
    "are resized as Pillow does, smaller and larger",
    arguments: [(9, 7), (64, 50), (37, 11), (80, 23), (1, 1)])
  func resizes(width: Int, height: Int) throws {
    let dataset = try Datasets.open(
      fixture("resize"), split: .train, expecting: SampleExpectation(shape: [3, height, width]))
    #expect(try dataset.bytes() == expected("resize-expected/\(width)x\(height).npy"))
  }

  @Test("may lie in folders of halves")
  func halves() throws {
    #expect(try Datasets.open(fixture("images-halves"), split: .train).count == 1)
    #expect(try Datasets.open(fixture("images-halves"), split: .test).count == 2)
  }

  @Test(
    "with images that are damaged, or of a kind that is not read, name them",
    arguments: [
      ("cmyk", "CMYK"), ("truncated-jpeg", "damaged JPEG"), ("no-jpeg", "no pixels"),
      ("corrupt-jpeg", "damaged JPEG"), ("text", "neither JPEG nor PNG"), ("nothing", "empty"),
      ("sixteen-bits", "16 bits"), ("truncated-png", "damaged PNG"), ("corrupt-png", "damaged PNG"),
      ("bomb-png", "100000×100000"), ("bomb-jpeg", "65500×65500"), ("webp", "neither JPEG nor PNG"),
    ])
  func bad(name: String, word: String) {
    expectFailure(
      "images-bad/\(name)", .format, "only/\(name)", word, expecting: SampleExpectation(shape: [3, 8, 8]))
  }

  @Test("do not go with models that take no images, or know fewer classes")
  func mismatch() {
    expectFailure("images", .shape, "[784]", expecting: SampleExpectation(shape: [784]))
    expectFailure("images", .shape, "[4, 8, 8]", expecting: SampleExpectation(shape: [4, 8, 8]))
    expectFailure("images", .label, "0..<2", expecting: SampleExpectation(shape: [3, 8, 8], classCount: 2))
  }
}
