import FDSKD
import Foundation
import Testing

@Suite("HTML page")
struct ReportHTMLTests {
  private let page = ReportHTML(Samples.report).text

  @Test("needs nothing but itself")
  func selfContained() {
    for forbidden in ["http:", "https:", "//", "src=", "url(", "@import", "<script", "<link", "<img"] {
      #expect(!page.contains(forbidden), "\(forbidden)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test("escapes every name")
  func escaping() {
    var report = Samples.report
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
    let page = ReportHTML(report).text
    #expect(!page.contains("<script"))
    #expect(!page.contains("\u{1B}"))
    #expect(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"))
    #expect(unbalanced(page) == nil)
  }

  @Test("closes every element that it opens")
  func balance() { #expect(unbalanced(page) == nil) }

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
    let page = ReportHTML(report).text
    #expect(!page.contains("nan") && !page.contains("inf\""))
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
