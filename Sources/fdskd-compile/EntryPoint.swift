import Commands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@main
enum EntryPoint {
  static func main() {
    let status = Invocation.run(Array(CommandLine.arguments.dropFirst()))
    // Not `exit`: there OpenBLAS waits for threads that, where address space is short, ask for theirs for ever.
    fflush(nil)
    _exit(status)
  }
}
