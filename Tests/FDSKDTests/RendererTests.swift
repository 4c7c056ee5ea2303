import FDSKD
import Foundation
import Testing

@Suite("Numbers for people")
struct CountTextTests {
  @Test(
    "have four digits and a prefix",
    arguments: [
      (nil, "?"), (0, "0"), (950, "950"), (999, "999"), (1000, "1.000k"), (11_689_512, "11.69M"),
      (999_999, "1.000M"), (1_814_073_344, "1.814G"), (-2500, "-2.500k"),
    ] as [(Int?, String)])
  func short(count: Int?, text: String) { #expect(CountText.short(count) == text) }

  @Test("change by a percentage with a sign")
  func change() {
    #expect(CountText.change(from: 200, to: 101) == "-49.5%")
    #expect(CountText.change(from: 200, to: 200) == "±0%")
    #expect(CountText.change(from: 100, to: 110) == "+10.0%")
    #expect(CountText.change(from: 0, to: 1) == nil)
    #expect(CountText.change(from: nil, to: 1) == nil)
  }

  @Test("are rounded to decimals")
  func fixed() {
    #expect(CountText.fixed(2.345, digits: 1) == "2.3")
    #expect(CountText.fixed(-0.04, digits: 1) == "0.0")
    #expect(CountText.fixed(0.005, digits: 2) == "0.01")
    #expect(CountText.full(-1_234_567) == "-1,234,567")
  }
}

@Suite("Table")
struct ReportTableTests {
  @Test("shows figures, groups and reasons")
  func whole() {
    let text = ReportTable(Samples.report).text
    #expect(
      text == """
        in.onnx (4.321 kB) -> out.onnx (2.345 kB)  -45.7%
        target MACs 0.5, criterion l2, method one-shot, layer1.* at 0.1

                          before     after  change
        parameters        1.000k       500  -50.0%
        MACs              64.00k    32.00k  -50.0%
        FLOPs             128.0k    64.00k  -50.0%
        weights         4.000 kB  2.000 kB  -50.0%
        params, Eq. 16    1.900k       950  -50.0%
        FLOPs, Eq. 17     127.0k    63.50k  -50.0%
        the MACs of 1 node are not known; --input-shape sets open lengths

        group    channels  kept  asked  achieved
        conv<1>         4     2  50.0%     50.0%
        conv2           2     2  30.0%      0.0%  0.3 of 2 channels rounds to none
        2 of 6 channels removed (33.3%) in 1 of 2 groups

        why not: 2 axes that cannot be pruned
          fc: axis 0 of 'fc.weight': axis 1 of 'y' is an output
          conv3: axis 0 of 'w3': an unknown operator ('thing', Thing)

        warning: kept as it is: Thing

        """)
  }

  @Test("shows what became of the accuracy")
  func training() {
    let block = """
      training        accuracy  points    loss
      as it came        92.20%          0.3012
      before removal    82.75%   -9.45  0.5500
      after removal     82.75%   -9.45  0.5500
      final             91.98%   -0.22  0.3100
      6 epochs, 3 of them with decay, on 50,000 samples, 391 steps each, following the network as it came, \
      in 2 min 14 s
      accuracy on 10,000 samples; the removal changed outputs by 3.2e-07 of the largest


      """
    let text = ReportTable(Samples.trained).text
    #expect(text.contains("method fd-skd, 6 epochs on cifar <10>, layer1"))
    #expect(text.contains(block), "\(text)")
    let request = "method fd-skd, 6 epochs on cifar <10>"
    #expect(
      text.replacingOccurrences(of: block, with: "").replacingOccurrences(
        of: request, with: "method one-shot")
        == ReportTable(Samples.report).text)
    let unlabelled = ReportTable(Samples.unlabelled).text
    #expect(unlabelled.contains("\n\n1 epoch, on 1,000 unlabelled samples, 8 steps each, following"))
    #expect(!unlabelled.contains("accuracy"))
  }

  @Test("leaves out what is too much, and says so")
  func limit() {
    var report = Samples.report
    report.groups = (0..<50).map { index in
      Report.Group(
        id: "g\(index)", size: 1, requestedRate: 0, kept: [0], removed: [], scores: [1], members: [])
    }
    let text = ReportTable(report, rowLimit: 20).text
    #expect(text.contains("g19 ") && !text.contains("g20 "))
    #expect(text.contains("and 30 groups more"))
    #expect(ReportTable(report, rowLimit: nil).text.contains("g49 "))
  }

  @Test("sends nothing to the terminal that a name smuggles in")
  func controlCharacters() {
    var report = Samples.report
    report.groups[0].id = "evil\u{1B}[2J"
    report.whyNot[0].reason = "\u{07}"
    report.warnings = ["\u{9B}31m"]
    let text = ReportTable(report).text
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    #expect(text.contains("evil\\u{1b}[2J"))
  }

  @Test("has colour only when asked")
  func color() {
    #expect(ReportTable(Samples.report, usesColor: true).text.contains("\u{1B}[1m"))
    #expect(!ReportTable(Samples.report).text.contains("\u{1B}"))
  }

  @Test("says of a forecast that nothing was written")
  func forecast() {
    var report = Samples.report
    report.command = .inspect
    report.output = nil
    let text = ReportTable(report).text
    #expect(text.contains("a forecast: no model was written"))
    #expect(text.contains("channels to be removed"))
  }
}

@Suite("Markdown")
struct ReportMarkdownTests {
  @Test("keeps every table whole, whatever names hold", arguments: [Samples.report, Samples.trained])
  func tables(sample: Report) {
    var report = sample
    report.groups[0].id = "a|b`c\nd"
    var columns: Int?
    for line in ReportMarkdown(report).text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        columns = nil
        continue
      }
      let count = line.replacingOccurrences(of: "\\|", with: "").count { $0 == "|" }
      #expect(columns == nil || columns == count, "\(line)")
      columns = count
    }
  }

  @Test("has a section for all there is")
  func sections() {
    let text = ReportMarkdown(Samples.report).text
    for title in ["Totals", "Groups", "Why not", "Layers", "Passes", "Warnings", "What the figures count"] {
      #expect(text.contains("\n## \(title)\n"))
    }
    #expect(text.contains("| MACs | 64,000 | 32,000 | -50.0% |"))
    #expect(!text.contains("Training"))
  }

  @Test("has a section for the training, with a line an epoch")
  func training() {
    let text = ReportMarkdown(Samples.trained).text
    #expect(text.contains("\n## Training\n"))
    #expect(text.contains("| final | 91.98% | -0.22 | 0.3100 |"))
    #expect(
      text.contains("| 2 | decay | 0.5000 | 0.4500 | 0.1000 | 92.00% | 87.00% | 0.5 | 0.01 | 6 |\n"),
      "\(text)")
    #expect(text.contains("| 6 | retrain | 0.1667 | 0.1500 |  | 96.00% | 91.00% |  | 0.005 |  |\n"))
    let unlabelled = ReportMarkdown(Samples.unlabelled).text
    #expect(unlabelled.contains("\n## Training\n") && !unlabelled.contains("| final |"))
  }
}

@Suite("Formats")
struct ReportFormatTests {
  @Test(
    "are told by the extension",
    arguments: [
      ("a.json", .json), ("a.b/c.MD", .markdown), ("x.html", .html), ("x.htm", .html), ("x.txt", .text),
      ("x", nil), ("x.pdf", nil), ("json", nil),
    ] as [(String, ReportFormat?)])
  func extensions(path: String, format: ReportFormat?) { #expect(ReportFormat(path: path) == format) }
}
