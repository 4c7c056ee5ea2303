/// What `Datasets.open` was asked for, as the formats' readers take it.
struct DatasetRequest {
  let split: DatasetSplit
  let expectation: SampleExpectation
  /// Bytes that samples and labels in memory may take.
  let memoryLimit: Int
}
