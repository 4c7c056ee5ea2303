import Commands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@main
enum EntryPoint {
  static func main() { exit(Invocation.run(Array(CommandLine.arguments.dropFirst()))) }
}
