import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where progress appears: in one line of a terminal that is written over, in lines of their own, or nowhere.
package final class StatusLine: Sendable {
  package enum Style: Sendable { case overwritten, lines, hidden }

  package let style: Style
  private let columns: @Sendable () -> Int
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let state: Mutex<State>

  private struct State {
    var isOpen = false
    /// Seconds, of the last update that was shown.
    var last: Double?
  }

  /// Seconds between two updates, where nothing that matters happened.
  private static let refresh = 0.1
  private static let heartbeat = 30.0

  /// - Parameters:
  ///   - columns: width of the terminal.
  ///   - now: seconds on a clock that never goes back.
  ///   - write: puts text on the stream; what goes wrong there is no matter.
  package init(
    _ style: Style, columns: @escaping @Sendable () -> Int, now: @escaping @Sendable () -> Double,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.columns = columns
    self.now = now
    self.write = write
    state = Mutex(State(last: style == .lines ? now() : nil))
  }

  /// On the standard error, as `--progress` and `-q` ask for.
  package convenience init(_ choice: ProgressChoice, isQuiet: Bool) {
    let stream = StandardStream.error
    let isShown = choice == .always || (choice == .auto && !isQuiet)
    let clock = ContinuousClock()
    let start = clock.now
    self.init(
      isShown ? (stream.canBeOverwritten ? .overwritten : .lines) : .hidden, columns: { stream.columns },
      now: { (clock.now - start) / .seconds(1) }, write: { try? stream.write($0) })
  }

  /// Shows the text if it is time, which a milestone always is.
  package func update(isMilestone: Bool = false, _ text: (_ columns: Int) -> String) {
    guard style != .hidden else { return }
    state.withLock { state in
      let now = now()
      let pause = style == .overwritten ? Self.refresh : Self.heartbeat
      guard isMilestone || state.last.map({ now - $0 >= pause }) ?? true else { return }
      state.last = now
      if style == .lines { return write(text(.max) + "\n") }
      // The last column stays free: some terminals go to the next line as soon as it is written.
      write("\r" + text(max(1, columns() - 1)) + "\u{1B}[K")
      state.isOpen = true
    }
  }

  /// Writes something else to the stream, in place of the line; the next update shows the line again.
  package func interrupt(_ body: () -> Void) {
    state.withLock { state in
      if state.isOpen { write("\r\u{1B}[K") }
      state.isOpen = false
      body()
    }
  }

  /// Takes the line away.
  package func clear() { interrupt {} }
}

/// `--progress`.
package enum ProgressChoice: String, CaseIterable, Sendable { case auto, always, never }

extension StandardStream {
  /// A terminal that can go back to the start of its line and clear it.
  var canBeOverwritten: Bool {
    guard isTerminal else { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? true
  }

  /// Width of the terminal; 80 where it does not say.
  var columns: Int {
    var size = winsize()
    return ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
