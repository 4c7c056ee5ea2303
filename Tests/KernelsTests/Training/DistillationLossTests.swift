import Foundation
import Kernels
import Testing

/// [FD-SKD] Eq. 13-15 against the same formulas, written out.
@Suite("Losses")
struct DistillationLossTests {
  private let classes = 7
  private let count = 5
  private let student: [Float]
  private let teacher: [Float]
  private let labels: [Int64]

  init() {
    let (count, classes) = (count, classes)
    student = NaiveTensor.random([count, classes], seed: 3).values.map { $0 * 9 }
    teacher = NaiveTensor.random([count, classes], seed: 4).values.map { $0 * 9 }
    labels = (0..<count).map { Int64($0 * 3 % classes) }
  }

  private func softmax(_ row: ArraySlice<Float>, _ temperature: Double) -> [Double] {
    let powers = row.map { exp(Double($0) / temperature) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  private func rows(_ values: [Float]) -> [ArraySlice<Float>] {
    (0..<count).map { values[$0 * classes..<($0 + 1) * classes] }
  }

  private func crossEntropy(_ student: [Float], _ smoothing: Double) -> Double {
    var sum = 0.0
    for (row, label) in zip(rows(student), labels) {
      for (k, s) in softmax(row, 1).enumerated() {
        let y = (k == Int(label) ? 1 - smoothing : 0) + smoothing / Double(classes)
        sum -= y * log(s)
      }
    }
    return sum / Double(count)
  }

  private func divergence(_ student: [Float], _ temperature: Double) -> Double {
    var sum = 0.0
    for (s, t) in zip(rows(student), rows(teacher)) {
      for (q, p) in zip(softmax(s, temperature), softmax(t, temperature)) { sum += p * log(p / q) }
    }
    return sum / Double(count)
  }

  private func evaluate(_ loss: DistillationLoss, _ student: [Float]) throws -> (
    parts: DistillationLoss.Parts, gradient: [Float]
  ) {
    var gradient = [Float](repeating: .nan, count: student.count)
    let parts = try student.withUnsafeBufferPointer { student in
      try teacher.withUnsafeBufferPointer { teacher in
        try labels.withUnsafeBufferPointer { labels in
          let batch = LossBatch(
            count: count, classCount: classes, student: try #require(student.baseAddress),
            teacher: teacher.baseAddress, labels: labels.baseAddress)
          return try gradient.withUnsafeMutableBufferPointer {
            try loss.evaluate(batch, gradient: $0.baseAddress)
          }
        }
      }
    }
    return (parts, gradient)
  }

  @Test(
    "are λ · CE + (1 − λ) · KL",
    arguments: [
      (0.9, 5.0, 0.0), (0.9, 5, 0.1), (0, 5, 0), (1, 5, 0), (1, 5, 0.2), (0.3, 1, 0.1), (0.5, 0.5, 0),
    ])
  func values(balance: Double, temperature: Double, smoothing: Double) throws {
    let loss = DistillationLoss(
      balance: balance, temperature: temperature, labelSmoothing: smoothing, capacity: 8)
    let parts = try evaluate(loss, student).parts
    let crossEntropy = balance > 0 ? crossEntropy(student, smoothing) : 0
    let divergence = balance < 1 ? divergence(student, temperature) : 0
    #expect(abs(parts.crossEntropy - crossEntropy) <= 1e-12 * max(1, crossEntropy))
    #expect(abs(parts.divergence - divergence) <= 1e-12 * max(1, divergence))
    #expect(abs(parts.total - balance * crossEntropy - (1 - balance) * divergence) <= 1e-12)
  }

  @Test(
    "have the gradient that differences show",
    arguments: [(0.9, 5.0, 0.0), (0.9, 5, 0.1), (0, 5, 0), (0, 1, 0), (1, 1, 0.2), (0.5, 0.5, 0)])
  func gradients(balance: Double, temperature: Double, smoothing: Double) throws {
    let loss = DistillationLoss(
      balance: balance, temperature: temperature, labelSmoothing: smoothing, capacity: count)
    let gradient = try evaluate(loss, student).gradient
    let differences = try student.indices.map { index in
      var (above, below) = (student, student)
      above[index] += 0.0005
      below[index] -= 0.0005
      return try (evaluate(loss, above).parts.total - evaluate(loss, below).parts.total)
        / (Double(above[index]) - Double(below[index]))
    }
    expectClose(gradient, differences, within: 1e-5)
  }

  @Test("CrossEntropy and KullbackLeibler are the two ends")
  func ends() throws {
    try student.withUnsafeBufferPointer { student in
      let logits = try #require(student.baseAddress)
      try labels.withUnsafeBufferPointer { labels in
        let batch = LossBatch(count: count, classCount: classes, student: logits, labels: labels.baseAddress)
        let value = try CrossEntropy(labelSmoothing: 0.1, capacity: count).evaluate(batch)
        #expect(abs(value - crossEntropy(self.student, 0.1)) < 1e-12)
      }
      try teacher.withUnsafeBufferPointer { teacher in
        let batch = LossBatch(
          count: count, classCount: classes, student: logits, teacher: teacher.baseAddress)
        let value = try KullbackLeibler(temperature: 3, capacity: count).evaluate(batch)
        #expect(abs(value - divergence(self.student, 3)) < 1e-12)
      }
    }
  }

  @Test("logits of any size overflow nothing")
  func large() throws {
    let logits: [Float] = [1e30, -1e30, 3e4, 0]
    try logits.withUnsafeBufferPointer { logits in
      let batch = LossBatch(
        count: 1, classCount: 4, student: try #require(logits.baseAddress), teacher: logits.baseAddress)
      #expect(try KullbackLeibler(temperature: 5, capacity: 1).evaluate(batch) == 0)
    }
  }

  @Test("a student that is the teacher has no divergence, and no gradient")
  func teacherItself() throws {
    let (parts, gradient) = try evaluate(
      DistillationLoss(balance: 0, temperature: 5, capacity: count), teacher)
    #expect(parts.total == 0)
    #expect(gradient.allSatisfy { $0 == 0 })
  }

  @Test("threads change no bit")
  func threads() throws {
    defer { Parallel.setThreads(1) }
    let (count, classes) = (64, 101)
    let student = NaiveTensor.random([count, classes], seed: 5).values
    let labels = (0..<count).map { Int64($0) }
    let results = try [1, 2].map { threads in
      Parallel.setThreads(threads)
      var gradient = [Float](repeating: 0, count: student.count)
      let parts = try student.withUnsafeBufferPointer { student in
        try labels.withUnsafeBufferPointer { labels in
          let logits = try #require(student.baseAddress)
          let batch = LossBatch(
            count: count, classCount: classes, student: logits, teacher: logits, labels: labels.baseAddress)
          let loss = DistillationLoss(balance: 0.5, temperature: 2, labelSmoothing: 0.1, capacity: count)
          return try gradient.withUnsafeMutableBufferPointer {
            try loss.evaluate(batch, gradient: $0.baseAddress)
          }
        }
      }
      return (parts, gradient)
    }
    #expect(results[0].0 == results[1].0)
    #expect(results[0].1 == results[1].1)
  }

  @Test("a label that is no class, missing labels and a missing teacher are told")
  func refusals() throws {
    try student.withUnsafeBufferPointer { student in
      let labels: [Int64] = [0, 7]
      var batch = LossBatch(count: 2, classCount: 7, student: try #require(student.baseAddress))
      #expect(throws: KernelError("the loss needs labels")) {
        try CrossEntropy(capacity: 2).evaluate(batch)
      }
      #expect(throws: KernelError("the loss needs the teacher's logits")) {
        try KullbackLeibler(temperature: 1, capacity: 2).evaluate(batch)
      }
      labels.withUnsafeBufferPointer { labels in
        batch.labels = labels.baseAddress
        #expect(throws: KernelError("sample 1 has label 7, there are 7 classes")) {
          try CrossEntropy(capacity: 2).evaluate(batch)
        }
      }
    }
  }

  @Test("Accuracy counts labels that come first, and among the first five")
  func accuracy() throws {
    // Ranks of the label: 1, 2, 5, 6, 1 among equals, 2 among equals, none.
    let logits: [[Float]] = [
      [9, 1, 2, 3, 4, 5], [5, 9, 4, 3, 2, 1], [1, 5, 6, 3, 2, 0], [0, 5, 6, 3, 2, 1], [7, 7, 7, 7, 7, 7],
      [7, 7, 0, 0, 0, 0], [.nan, 1, 2, 3, 4, 5],
    ]
    let labels: [Int64] = [0, 0, 0, 0, 0, 1, 0]
    var accuracy = Accuracy()
    try logits.flatMap { $0 }.withUnsafeBufferPointer { logits in
      try labels.withUnsafeBufferPointer { labels in
        try accuracy.add(
          LossBatch(
            count: 7, classCount: 6, student: try #require(logits.baseAddress), labels: labels.baseAddress))
      }
    }
    #expect(accuracy.topOne == 2)
    #expect(accuracy.topFive == 5)
    #expect(accuracy.count == 7)
  }
}
