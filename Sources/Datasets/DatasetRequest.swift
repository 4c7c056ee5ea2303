#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What `Datasets.open` was asked for, as the formats' readers take it.
struct DatasetRequest {
  let split: DatasetSplit
  let expectation: SampleExpectation
  /// Bytes that samples and labels in memory may take.
  let memoryLimit: Int

  init(split: DatasetSplit, expectation: SampleExpectation, memoryLimit: Int?) {
    self.split = split
    self.expectation = expectation
    self.memoryLimit =
      memoryLimit ?? sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 4 * 3
  }
}
