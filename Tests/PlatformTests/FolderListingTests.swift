import Platform
import SystemPackage
import TestSupport
import Testing

@Suite("What lies in a folder")
struct FolderListingTests {
  @Test("comes in the order of its bytes, whatever the system's order is")
  func order() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "\u{e9}", "a10", "a2", ".hidden", "B"] { try folder.write(name, []) }
    let names = try FolderListing.names(in: FilePath(folder.path))
    #expect(names == [".hidden", "B", "a10", "a2", "b", "\u{e9}"])
  }

  @Test("is told about in the system's words where it cannot be listed")
  func unreadable() {
    #expect(throws: Errno.noSuchFileOrDirectory) { try FolderListing.names(in: "/nothing/here") }
    #expect(throws: Errno.notDirectory) { try FolderListing.names(in: "/dev/null") }
  }
}
