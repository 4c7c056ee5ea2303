import FDSKD
import Testing

@Suite("Options")
struct CompileOptionsTests {
  private func complaint(_ change: (inout CompileOptions) -> Void) -> Diagnostic? {
    var options = CompileOptions()
    change(&options)
    do { try options.validate() } catch { return Diagnostic(error) }
    return nil
  }

  @Test("have the defaults of the documentation")
  func defaults() {
    let options = CompileOptions()
    #expect(options.rate == 0.3)
    #expect(options.criterion == .l2)
    #expect(options.minChannels == 1)
    #expect(options.roundTo == 1)
    #expect(complaint { _ in } == nil)
  }

  @Test("accept every rate from 0 to below 1", arguments: [0, 1e-9, 0.3, 0.999])
  func goodRates(rate: Double) { #expect(complaint { $0.rate = rate } == nil) }

  @Test("refuse other rates and name them", arguments: [-0.1, 1, 1.5, .nan, .infinity])
  func badRates(rate: Double) throws {
    let diagnostic = try #require(complaint { $0.rate = rate })
    #expect(diagnostic.code == "bad-rate")
    #expect(diagnostic.exitStatus == 2)
    #expect(diagnostic.description.contains("--rate is \(rate)"))
    let layer = try #require(complaint { $0.layerRates = [.init(pattern: "c*", rate: rate)] })
    #expect(layer.description.contains("--layer-rate 'c*' is \(rate)"))
  }

  @Test("refuse the rest with the flag named")
  func others() {
    func flag(_ change: (inout CompileOptions) -> Void, _ flag: String) {
      let diagnostic = complaint(change)
      #expect(diagnostic?.exitStatus == 2)
      #expect(diagnostic?.description.contains(flag) == true)
    }
    flag({ $0.targetMACs = .fraction(0) }, "--target-macs")
    flag({ $0.targetMACs = .fraction(1.1) }, "--target-macs")
    flag({ $0.targetParameters = .count(0) }, "--target-params")
    flag(
      {
        $0.targetMACs = .fraction(0.5)
        $0.targetParameters = .count(5)
      }, "exclude each other")
    flag({ $0.roundTo = 0 }, "--round-to")
    flag({ $0.minChannels = 0 }, "--min-channels")
    flag({ $0.maxMemory = 0 }, "--max-memory")
    flag({ $0.ignoredLayers = [""] }, "--ignore-layers")
    flag({ $0.inputShapes = [.init(name: "x", dimensions: [1, 0])] }, "--input-shape x")
    flag(
      { $0.inputShapes = [.init(name: "x", dimensions: [1]), .init(name: "x", dimensions: [2])] },
      "names 'x' twice")
  }
}

@Suite("Layer patterns")
struct LayerPatternTests {
  @Test(
    "match as a shell does, slashes and dots included",
    arguments: [
      ("conv1", "conv1", true), ("conv1", "conv12", false), ("*", "", true), ("*", "/a/b.c", true),
      ("layer1.*", "layer1.0.conv1", true), ("layer1.*", "layer10.conv", false), ("*conv?", "/a/conv1", true),
      ("*conv?", "/a/conv", false), ("*a*b*c", "xaybzc", true), ("*a*b*c", "xaybz", false),
      ("conv[12]", "conv2", true), ("conv[12]", "conv3", false), ("conv[1-3]", "conv2", true),
      ("conv[!1-3]", "conv2", false), ("conv[!1-3]", "conv4", true), ("a[]]b", "a]b", true),
      ("a[b", "a[b", true),
      ("a\\*b", "a*b", true), ("a\\*b", "axb", false), ("**", "anything", true), ("", "", true),
      ("", "a", false),
    ])
  func matching(pattern: String, name: String, isMatch: Bool) {
    #expect(LayerPattern(pattern).matches(name) == isMatch)
  }

  @Test(
    "are names as they stand, in every form that reports print",
    arguments: [
      "Conv[0]", "a*b", "what?", "a\\b", "x#2", "[", "tab\there", "name (+1)",
      "/a/very/long/name/of/a/layer/that/no/table/has/the/room/for/conv",
    ])
  func exactNames(name: String) {
    for text in [name, name.printable, "\(name) (+3)", name.inTable, "\(name) (+12)".inTable] {
      #expect(LayerPattern(text).names(name), "\(text)")
    }
    #expect(!LayerPattern("\(name)!").names(name))
  }

  @Test("take linear time on patterns made to be slow")
  func slowPattern() {
    let pattern = LayerPattern(String(repeating: "*a", count: 30) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 2000)))
  }

  private let layers = [["layer1.0.conv1", "w1"], ["layer1.0.conv2", "w2"], ["fc", "fc.weight"]]

  @Test("that match nothing are errors with the nearest names")
  func nothingMatches() throws {
    var options = CompileOptions()
    options.ignoredLayers = ["layer1.0.cnov1"]
    let error = try #require(throws: (any Error).self) { try options.validatePatterns(against: layers) }
    let diagnostic = Diagnostic(error)
    #expect(diagnostic.exitStatus == 2)
    #expect(diagnostic.code == "no-such-layer")
    #expect(diagnostic.description.contains("--ignore-layers 'layer1.0.cnov1' matches no layer"))
    #expect(diagnostic.description.contains("did you mean 'layer1.0.conv1', 'layer1.0.conv2'"))
  }

  @Test("name layers by node or by weight; the last rate decides")
  func rates() throws {
    var options = CompileOptions()
    options.layerRates = [.init(pattern: "layer1.*", rate: 0.1), .init(pattern: "w2", rate: 0.2)]
    options.ignoredLayers = ["fc*"]
    try options.validatePatterns(against: layers)
    #expect(layers.map { options.layerRate(names: $0) } == [0.1, 0.2, nil])
    #expect(layers.map { options.ignores(names: $0) } == [false, false, true])
  }
}

@Suite("Nearest names")
struct NearestNamesTests {
  @Test(
    "are found by distance",
    arguments: [
      ("rat", ["rate"]), ("layer-rates", ["layer-rate", "rate"]), ("RATE", ["rate", "layer-rate"]),
      ("zzzzzzzz", []),
    ])
  func suggestions(name: String, expected: [String]) {
    let found = NearestNames.suggestions(for: name, among: ["criterion", "rate", "layer-rate", "strict"])
    #expect(
      Array(found.prefix(max(1, expected.count))).filter(expected.contains) == expected.filter(found.contains)
    )
    #expect(found.first == expected.first)
  }

  @Test("count a swap as one change")
  func swap() {
    #expect(NearestNames.editDistance(Array("conv"), Array("cnov")) == 1)
    #expect(NearestNames.editDistance(Array(""), Array("abc")) == 3)
    #expect(NearestNames.editDistance(Array("kitten"), Array("sitting")) == 3)
  }
}
