import Platform
import SystemPackage
import TestSupport
import Testing

@Suite("The memory that may be used")
struct MemoryBudgetTests {
  private func budget(limit: String) throws -> Int {
    let folder = try TemporaryFolder()
    try folder.write("limit", Array(limit.utf8))
    return MemoryBudget.available(containerLimits: ["/nothing/here", FilePath(folder["limit"])])
  }

  @Test("is three quarters of what the container has", arguments: [("1000000\n", 750_000), ("4096", 3072)])
  func container(limit: String, expected: Int) throws { #expect(try budget(limit: limit) == expected) }

  @Test(
    "is three quarters of the machine's where the container has no limit",
    arguments: ["max\n", "9223372036854771712\n", "0\n", ""])
  func machine(limit: String) throws {
    let machine = MemoryBudget.available(containerLimits: [])
    #expect(machine > 1 << 20)
    #expect(try budget(limit: limit) == machine)
  }
}
