/// What a long run tells whoever started it, and asks.
public struct TrainingControl: Sendable {
  /// Called after every step, from the thread that trains.
  public var progress: @Sendable (TrainingProgress) -> Void
  /// Asked after every step: whether to write a checkpoint and end with an error `interrupted`.
  public var isInterrupted: @Sendable () -> Bool

  public init(
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.progress = progress
    self.isInterrupted = isInterrupted
  }
}
