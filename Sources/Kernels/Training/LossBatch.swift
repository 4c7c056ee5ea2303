/// Rows of logits, one a sample, and what they are compared with.
///
/// ## Shapes    student and teacher [N, K], row-major; labels [N], each in 0..<K
package struct LossBatch {
  package var count: Int
  package var classCount: Int
  package var student: UnsafePointer<Float>
  package var teacher: UnsafePointer<Float>?
  package var labels: UnsafePointer<Int64>?

  package init(
    count: Int, classCount: Int, student: UnsafePointer<Float>, teacher: UnsafePointer<Float>? = nil,
    labels: UnsafePointer<Int64>? = nil
  ) {
    self.count = count
    self.classCount = classCount
    self.student = student
    self.teacher = teacher
    self.labels = labels
  }

  /// The labels, seen to be classes.
  ///
  /// - Throws: ``KernelError`` where there are none, or one names no class.
  func checkedLabels() throws -> UnsafePointer<Int64> {
    guard let labels else { throw KernelError("the loss needs labels") }
    for sample in 0..<count where labels[sample] < 0 || labels[sample] >= classCount {
      throw KernelError("sample \(sample) has label \(labels[sample]), there are \(classCount) classes")
    }
    return labels
  }

  func checkedTeacher() throws -> UnsafePointer<Float> {
    guard let teacher else { throw KernelError("the loss needs the teacher's logits") }
    return teacher
  }
}
