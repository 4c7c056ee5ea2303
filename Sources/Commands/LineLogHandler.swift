import FDSKD
import Logging

/// One line a message on the standard error, no time stamp: `warning: …` from notices up, the bare text
/// below.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  let usesColor: Bool
  /// Progress that messages must not be written into.
  let statusLine: StatusLine

  init(level: Logger.Level, usesColor: Bool, statusLine: StatusLine) {
    logLevel = level
    self.usesColor = usesColor
    self.statusLine = statusLine
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let (label, color) =
      switch event.level {
      case .trace, .debug: ("debug: ", "2")
      case .info: ("", "2")
      case .notice: ("note: ", "36")
      case .warning: ("warning: ", "33")
      case .error, .critical: ("error: ", "31")
      }
    let text = event.message.description.printable
    let line =
      usesColor ? "\u{1B}[\(color)m\(label)\(event.level <= .info ? text : "")\u{1B}[0m" : label + text
    statusLine.interrupt {
      try? StandardStream.error.write(line + (usesColor && event.level > .info ? text : "") + "\n")
    }
  }
}
