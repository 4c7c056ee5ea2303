import FDSKD
import Foundation
import Testing

@Suite("HTML page")
struct ReportHTMLTests {
  private let page = ReportHTML(Samples.report).text
  private let trained = ReportHTML(Samples.trained).text

  @Test("needs nothing but itself")
  func selfContained() {
    for forbidden in ["http:", "https:", "//", "src=", "url(", "@import", "<script", "<link", "<img"] {
      #expect(!page.contains(forbidden) && !trained.contains(forbidden), "\(forbidden)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test("escapes every name")
  func escaping() {
    var report = Samples.trained
    let evil = "<script>alert('1')</script>\"&\u{1B}"
    report.input.path = evil
    report.groups[0].id = evil
    report.groups[0].reason = evil
    report.groups[0].members[0].tensor = evil
    report.layers[0].name = evil
    report.layers[0].op = evil
    report.whyNot[0].reason = evil
    report.whyNot[1].node = evil
    report.passes[0].detail = evil
    report.warnings = [evil]
    report.settings.ignoredLayers = [evil]
    report.settings.training?.data = evil
    report.settings.training?.distilledOutputs = [evil]
    let page = ReportHTML(report).text
    #expect(!page.contains("<script"))
    #expect(!page.contains("\u{1B}"))
    #expect(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"))
    #expect(unbalanced(page) == nil)
  }

  @Test("closes every element that it opens")
  func balance() {
    #expect(unbalanced(page) == nil)
    #expect(unbalanced(trained) == nil)
    #expect(unbalanced(ReportHTML(Samples.unlabelled).text) == nil)
  }

  @Test(
    "shows a training as curves, with the level of the network as it came and where channels were removed")
  func training() throws {
    #expect(!page.contains("id=\"training\"") && !page.contains("<polyline"))
    let section = try #require(
      trained.firstMatch(of: /<section id="training".*?<\/section>/.dotMatchesNewlines()))
    let charts = section.0.split(separator: "<figure").dropFirst()
    #expect(
      charts.map { $0.firstMatch(of: /<figcaption>(.*?)</).map { String($0.1) } } == [
        "Accuracy", "Loss", "Decay rate", "Learning rate", "Newly selected channels",
      ])
    for chart in charts {
      // Of the six epochs the channels go after the third.
      #expect(chart.contains("<line class=\"cut\" x1=\"500\" x2=\"500\""))
      #expect(chart.contains("class=\"unit\"") && chart.contains("<span>epoch</span>"))
      #expect(chart.matches(of: /<g class="column"><title>epoch [0-9]+:/).count == 6)
    }
    let accuracy = try #require(charts.first)
    #expect(accuracy.contains("as it came 92.2%"))
    #expect(accuracy.contains("class=\"reference\""))
    #expect(
      accuracy.contains(
        "aria-label=\"Accuracy, of samples: validation from 86% to 91%; training from 91% to 96%"))
    #expect(accuracy.contains("<title>epoch 3: validation 88%, training 93%</title>"))
    #expect(trained.contains("\u{2212}0.22 points") && trained.contains("92.20% → 91.98%"))
    #expect(trained.contains("<dt>prune-interval</dt><dd>0.1</dd>"))
    #expect(trained.contains("href=\"#training\""))
  }

  @Test("shows of a training what there is")
  func unlabelled() {
    let page = ReportHTML(Samples.unlabelled).text
    #expect(
      page.contains("<figcaption>Loss<") && !page.contains("<figcaption>Accuracy<"))
    // One epoch is no line, and its channels were not removed between two of them.
    #expect(
      !page.contains("<polyline") && page.contains("class=\"dot main\"") && !page.contains("class=\"cut\""))
    var report = Samples.trained
    report.training?.curve = []
    #expect(unbalanced(ReportHTML(report).text) == nil)
  }

  @Test("shows of a long training some hundred epochs, the last among them")
  func manyEpochs() {
    var report = Samples.trained
    report.training?.curve = (1...100_000).map { number in
      .init(epoch: number, phase: number <= 50_000 ? .decay : .retrain, learningRate: 0.01, loss: 1)
    }
    let page = ReportHTML(report).text
    #expect(page.utf8.count < 1_000_000)
    #expect(page.contains("400 of 100,000 epochs are shown"))
    #expect(page.contains("<title>epoch 100000: total 1</title>"))
    #expect(unbalanced(page) == nil)
  }

  @Test("has a place for each section, and every link one to go to")
  func links() {
    let targets = page.matches(of: /href="#([^"]+)"/).map { String($0.1) }
    #expect(targets.count == 7)
    for target in targets { #expect(page.contains("id=\"\(target)\""), "\(target)") }
  }

  @Test("tells in words what its charts show")
  func accessibility() {
    #expect(
      page.matches(of: /<svg[^>]*>/).allSatisfy {
        $0.0.contains("aria-label") || $0.0.contains("aria-hidden")
      })
    #expect(page.contains("Scores of conv&lt;1&gt; from"))
    #expect(page.contains("<html lang=\"en\">"))
  }

  @Test("has no number that is none")
  func numbers() {
    var report = Samples.report
    report.groups[0].scores = [0.5, 0.5, 0.5, 0.5]
    report.totals = .init(
      before: .init(parameters: 0, macs: nil, bytes: 0), after: .init(parameters: 0, macs: nil, bytes: 0))
    report.layers[0].before = .init(parameters: 0, macs: 0, bytes: 0)
    report.training = Samples.trained.training
    report.training?.curve[1].loss = .nan
    report.training?.curve[2].loss = .infinity
    report.training?.curve[3].validation = .init(accuracy: 0, loss: 0)
    report.training?.teacher = .init(accuracy: 0, loss: 0)
    let page = ReportHTML(report).text
    #expect(page.matches(of: /(points|x1|x2|y1|y2|d|style)="[^"]*(nan|inf)/).isEmpty)
    report.training = nil
    #expect(!ReportHTML(report).text.contains("nan"))
  }

  @Test("says so where nothing can be pruned")
  func nothing() {
    var report = Samples.report
    report.groups = []
    report.layers = []
    report.passes = []
    report.output = nil
    let page = ReportHTML(report).text
    #expect(page.contains("No group of channels can be pruned"))
    #expect(page.contains("No model was written"))
    #expect(unbalanced(page) == nil)
  }

  /// The first end tag that ends something else; nil where all is in order.
  private func unbalanced(_ page: String) -> String? {
    let void: Set<Substring> = ["meta", "br"]
    var open: [Substring] = []
    for tag in page.matches(of: /<(\/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>/) {
      if tag.1.isEmpty {
        if !void.contains(tag.2), !tag.3.hasSuffix("/") { open.append(tag.2) }
      } else if open.popLast() != tag.2 {
        return "</\(tag.2)>"
      }
    }
    return open.last.map { "<\($0)>" }
  }
}
