import Platform
import SystemPackage
import TestSupport
import Testing

@Suite("Files that are read whole")
struct WholeFileTests {
  @Test("may be as long as the limit, and no longer", arguments: [1, 65_536, 200_000])
  func limit(count: Int) throws {
    let folder = try TemporaryFolder()
    let content = [UInt8](repeating: 7, count: count)
    try folder.write("file", content)
    let path = FilePath(folder["file"])
    #expect(try WholeFile.read(path, atMost: count) == content)
    #expect(throws: WholeFile.TooLarge.self) { try WholeFile.read(path, atMost: count - 1) }
  }

  @Test("may be empty")
  func empty() throws { #expect(try WholeFile.read("/dev/null", atMost: 0) == []) }

  @Test("are refused where they have no end")
  func endless() {
    #expect(throws: WholeFile.TooLarge.self) { try WholeFile.read("/dev/zero", atMost: 1 << 20) }
  }

  @Test("are told about in the system's words where they cannot be read")
  func unreadable() {
    #expect(throws: Errno.noSuchFileOrDirectory) { try WholeFile.read("/nothing/here", atMost: 1) }
    #expect(throws: Errno.isDirectory) { try WholeFile.read("/", atMost: 1) }
  }
}
