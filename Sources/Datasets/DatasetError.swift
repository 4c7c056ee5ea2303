/// What goes wrong while a data set is opened or read, as one diagnostic that names the file.
package struct DatasetError: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    /// A file or folder cannot be opened or read.
    case open = "dataset-open"
    /// The content is not what its format says, or the format is not one of ours.
    case format = "dataset-format"
    /// The samples do not have the shape that the model takes.
    case shape = "dataset-shape"
    /// A label is no class, or there are not as many labels as samples.
    case label = "dataset-label"
    /// There are no samples.
    case empty = "dataset-empty"
    /// A sample holds NaN or an infinity.
    case value = "dataset-value"
    /// More memory would be taken than is allowed, or than there is.
    case memory = "dataset-memory"
    /// Means and deviations that do not go with the samples.
    case preprocessing = "dataset-preprocessing"
    /// The system starts no more threads.
    case threads = "dataset-threads"
  }

  package var code: Code
  /// The file or folder, as the user named it or found in the folder that the user named.
  package var path: String
  package var message: String
  package var hint: String?

  package init(_ code: Code, _ path: String, _ message: String, hint: String? = nil) {
    self.code = code
    self.path = path
    self.message = message
    self.hint = hint
  }
}

extension DatasetError: CustomStringConvertible {
  package var description: String {
    "error[\(code.rawValue)]: \(path): \(message)" + (hint.map { "; hint: \($0)" } ?? "")
  }
}
