import Commands
import FDSKD
import Synchronization
import Testing

@Suite("Progress")
struct ProgressTests {
  /// A line that writes into a text, on a clock that is set by hand.
  private final class Screen: Sendable {
    let text = Mutex("")
    let time = Mutex(0.0)

    func line(_ style: StatusLine.Style, columns: Int = 80) -> StatusLine {
      StatusLine(
        style, columns: { columns }, now: { [self] in time.withLock { $0 } },
        write: { [self] part in text.withLock { $0 += part } })
    }

    func wait(_ seconds: Double) { time.withLock { $0 += seconds } }
    var shown: String { text.withLock { $0 } }
  }

  private var progress: TrainingProgress {
    TrainingProgress(
      phase: .decay, epoch: 3, epochs: 20, step: 120, stepsPerEpoch: 391, loss: 0.41234, learningRate: 0.01,
      crossEntropy: 0.4, divergence: 0.5234, decayRate: 0.6219, accuracy: 0.8812, validationAccuracy: 0.8525,
      samplesPerSecond: 5210.4, secondsLeft: 134)
  }

  @Test("in a file is a sentence")
  func sentence() {
    #expect(
      TrainingProgressLine.sentence(progress)
        == "epoch 3/20 decay 120/391: loss 0.4123 (labels 0.4000, teacher 0.5234), accuracy 88.1%, "
        + "validation 85.3%, d_r 0.622, lr 0.01, 5,210 samples/s, 2 min 14 s left")
    var end = progress
    (end.step, end.phase, end.decayRate, end.divergence, end.secondsLeft) = (391, .retrain, nil, nil, nil)
    #expect(
      TrainingProgressLine.sentence(end)
        == "epoch 3/20 retrain: loss 0.4123, accuracy 88.1%, validation 85.3%, lr 0.01, 5,210 samples/s")
  }

  @Test("leaves out what is not known")
  func unlabelled() {
    let bare = TrainingProgress(
      phase: .decay, epoch: 1, epochs: 2, step: 1, stepsPerEpoch: 9, loss: 3.2e-5, learningRate: 1e-4,
      samplesPerSecond: .nan)
    #expect(TrainingProgressLine.sentence(bare) == "epoch 1/2 decay 1/9: loss 3.200e-05, lr 0.0001")
  }

  @Test("on a terminal is as many whole parts as fit", arguments: 1...200)
  func fits(columns: Int) {
    let text = TrainingProgressLine.short(progress, columns: columns)
    #expect(text.count <= columns)
    let all =
      "epoch 3/20 decay 120/391  2 min 14 s left  loss 0.4123  validation 85.3%  accuracy 88.1%  d_r 0.622  "
      + "lr 0.01  5,210 samples/s"
    #expect(all.hasPrefix(text))
    #expect(columns < all.count || text == all)
    #expect(columns < 24 || all == text || all.dropFirst(text.count).hasPrefix("  "))
  }

  @Test("on a terminal is written over, ten times a second at most, and taken away")
  func terminal() {
    let screen = Screen()
    let line = screen.line(.overwritten, columns: 25)
    let shown = TrainingProgressLine(line)
    var progress = progress
    shown.show(progress)
    progress.step += 1
    shown.show(progress)
    screen.wait(0.2)
    progress.step += 1
    shown.show(progress)
    line.clear()
    line.clear()
    #expect(
      screen.shown == "\repoch 3/20 decay 120/391\u{1B}[K\repoch 3/20 decay 122/391\u{1B}[K\r\u{1B}[K")
  }

  @Test("makes way for messages")
  func messages() {
    let screen = Screen()
    let line = screen.line(.overwritten)
    func say(_ text: String) { line.interrupt { screen.text.withLock { $0 += text } } }
    say("first\n")
    line.update { _ in "half done" }
    say("second\n")
    #expect(screen.shown == "first\n\rhalf done\u{1B}[K\r\u{1B}[Ksecond\n")
  }

  @Test("in a file is a line an epoch, and one every half minute in between")
  func lines() {
    let screen = Screen()
    let shown = TrainingProgressLine(screen.line(.lines))
    var progress = progress
    progress.validationAccuracy = nil
    for epoch in 1...2 {
      progress.epoch = epoch
      for step in 1...4 {
        (progress.step, progress.stepsPerEpoch) = (step, 4)
        screen.wait(epoch == 1 ? 1 : 20)
        shown.show(progress)
      }
      // Told again when its validation is known, and not a third time.
      progress.validationAccuracy = 0.9
      shown.show(progress)
      shown.show(progress)
    }
    let lines = screen.shown.split(separator: "\n").map { $0.prefix { $0 != ":" } }
    #expect(
      lines == [
        "epoch 1/20 decay", "epoch 1/20 decay", "epoch 2/20 decay 2/4", "epoch 2/20 decay",
      ])
    #expect(!screen.shown.contains("\u{1B}") && !screen.shown.contains("\r"))
  }

  @Test("is nowhere if nobody wants it")
  func hidden() {
    let screen = Screen()
    let line = screen.line(.hidden)
    TrainingProgressLine(line).show(progress)
    line.clear()
    #expect(screen.shown == "")
    #expect(StatusLine(.never, isQuiet: false).style == .hidden)
    #expect(StatusLine(.auto, isQuiet: true).style == .hidden)
    #expect(StatusLine(.auto, isQuiet: false).style != .hidden)
    #expect(StatusLine(.always, isQuiet: true).style != .hidden)
  }

  @Test("tells long times in two units")
  func times() {
    let times = [0, 59.4, 60, 134, 3600, 7384, 90_000, -1, .nan, .infinity].map {
      CountText.span(inSeconds: $0)
    }
    #expect(
      times == ["0 s", "59 s", "1 min 0 s", "2 min 14 s", "1 h 0 min", "2 h 3 min", "1 d 1 h", "?", "?", "?"])
  }

  @Test("has numbers of four digits")
  func numbers() {
    let numbers = [0, 0.41234, 12.3456, 123_456, 0.00012344, 1e-5, -2.5, 1e20, .infinity].map {
      CountText.significant($0)
    }
    #expect(
      numbers == ["0", "0.4123", "12.35", "123456", "0.0001234", "1.000e-05", "-2.500", "1e+20", "inf"])
    #expect(CountText.trimmed(0.01) == "0.01" && CountText.trimmed(100) == "100")
  }
}
