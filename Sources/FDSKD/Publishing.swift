import GraphIR
import ONNXFormat

/// Puts text files in place as models are: the old content or the new one, never a mix.
public enum Publishing {
  /// Publishes `text` under `path`; "-" is the standard output.
  ///
  /// - Throws: a diagnostic `output-…` that names the file; an existing file is then what it was.
  public static func write(_ text: String, to path: String) throws {
    try FilePublisher.publish(text, to: path)
  }

  /// Removes the temporary files of outputs that are being written, for a process that ends on a signal.
  public static func abandon() { TemporaryFiles.shared.removeAll() }

  /// - Throws: `output-exists` where there is a file under `path`.
  static func refuseToReplace(_ path: String) throws {
    guard try FilePublisher.replaces(path) else { return }
    throw CompileError(
      "output-exists", "is there already", exit: .resources, hint: "leave out --no-clobber to replace it",
      file: path)
  }
}
