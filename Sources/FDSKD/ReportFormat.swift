/// The forms that `--report FILE` writes, told by the file's extension.
public enum ReportFormat: String, Sendable, CaseIterable {
  case json
  case markdown = "md"
  case html
  case text = "txt"

  /// Nil where the path ends in none of them; case does not matter.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    let name = path[path.index(after: dot)...].lowercased()
    switch name {
    case "htm": self = .html
    case "markdown": self = .markdown
    default: self.init(rawValue: name)
    }
  }
}

extension Report {
  /// The report as the text of a file.
  ///
  /// - Throws: `not-a-number` where JSON is asked for and a score is not finite.
  public func rendered(as format: ReportFormat) throws -> String {
    switch format {
    case .json: try json()
    case .markdown: ReportMarkdown(self).text
    case .html: ReportHTML(self).text
    case .text: ReportTable(self, rowLimit: nil).text
    }
  }
}
