/// The checks that every data set's labels pass before anybody trains with them.
enum Labels {
  /// The number of classes of labels that are known to be good.
  ///
  /// - Parameters:
  ///   - known: how many classes the format has; nil to take the highest label's.
  ///   - expected: how many the model has.
  /// - Throws: `dataset-label`, which names the sample.
  static func check(
    _ labels: [Int32], samples: Int, known: Int? = nil, expected: Int?, path: String
  ) throws -> Int {
    guard labels.count == samples else {
      throw DatasetError(
        .label, path, "there are \(samples) samples and \(labels.count) labels",
        hint: "every sample needs one label")
    }
    let classes = expected ?? known
    var highest: Int32 = 0
    for (index, label) in labels.enumerated() {
      if label < 0 || classes.map({ Int(label) >= $0 }) ?? false {
        throw DatasetError(
          .label, path, "label \(label) of sample \(index) is \(range(classes))",
          hint: "classes are counted from 0")
      }
      highest = max(highest, label)
    }
    return classes ?? Int(highest) + 1
  }

  private static func range(_ classes: Int?) -> String {
    classes.map { "not in 0..<\($0), the classes that there are" } ?? "negative"
  }
}
