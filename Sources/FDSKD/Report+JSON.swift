extension Report {
  /// The report as JSON, `schemas/report.schema.json`: sorted keys, shortest round-trip numbers.
  ///
  /// - Throws: `not-a-number` where a score is not finite.
  public func json() throws -> String { try JSONText.encode(self) }
}

extension ModelDifference {
  /// The difference as JSON, keys sorted.
  public func json() throws -> String { try JSONText.encode(self) }
}
