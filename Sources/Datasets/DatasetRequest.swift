import Platform

/// What `Datasets.open` was asked for, as the formats' readers take it.
struct DatasetRequest {
  let split: DatasetSplit
  let expectation: SampleExpectation
  /// Bytes that samples and labels in memory may take.
  let memoryLimit: Int

  init(split: DatasetSplit, expectation: SampleExpectation, memoryLimit: Int?) {
    self.split = split
    self.expectation = expectation
    self.memoryLimit = memoryLimit ?? MemoryBudget.standard
  }
}
