/// How many samples of a batch a network classifies correctly.
package struct Accuracy: Sendable, Equatable {
  /// Samples whose label has the highest logit, or one of the five highest.
  package var topOne = 0
  package var topFive = 0
  package var count = 0

  package init() {}

  /// Counts a batch; the student's logits are what is looked at.
  ///
  /// Where logits are equal, the lower class comes first, as in `argmax`; what is no number is never correct.
  ///
  /// - Throws: ``KernelError`` if labels are missing, or one is no class.
  package mutating func add(_ batch: LossBatch) throws {
    let labels = try batch.checkedLabels()
    for sample in 0..<batch.count {
      let row = batch.student + sample * batch.classCount
      let label = Int(labels[sample])
      let own = row[label]
      var ahead = own.isNaN ? batch.classCount : 0
      for k in 0..<batch.classCount where row[k] > own || row[k].isNaN || (row[k] == own && k < label) {
        ahead += 1
      }
      if ahead < 1 { topOne += 1 }
      if ahead < 5 && !own.isNaN { topFive += 1 }
    }
    count += batch.count
  }
}
