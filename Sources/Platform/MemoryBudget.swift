import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How much memory the process may count on.
package enum MemoryBudget {
  /// Bytes that are used at most where nobody says how many: three quarters of the machine's memory, or of what the
  /// container has of it.
  package static let standard = available(containerLimits: [
    "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
  ])

  /// - Parameter containerLimits: files that may hold a number of bytes, as those of Linux's control groups do.
  package static func available(containerLimits: [FilePath]) -> Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let limits = containerLimits.compactMap { path -> Int? in
      guard let bytes = try? WholeFile.read(path, atMost: 64) else { return nil }
      // "max" is no limit, and neither is a number that no machine has.
      return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }
    return limits.filter { $0 > 0 }.reduce(machine, min) / 4 * 3
  }
}
