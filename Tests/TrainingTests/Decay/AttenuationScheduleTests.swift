import Testing
import Training

@Suite("Attenuation, Eq. 8-12")
struct AttenuationScheduleTests {
  @Test("linear annealing: d_r goes from nearly 1 through 1/2 to nearly 0")
  func linear() {
    let schedule = AttenuationSchedule(epochs: 10, stepsPerEpoch: 5)
    #expect(abs(schedule.decayRate(at: 0) - 0.9999546) < 1e-7)
    #expect(schedule.decayRate(at: 5) == 0.5)
    #expect(abs(schedule.decayRate(at: 10) - 4.5397869e-5) < 1e-12)
    // T(2) = (1 − 4/10) · 10 = 6
    #expect(abs(schedule.decayRate(at: 2) - 0.9975274) < 1e-7)
  }

  @Test("sigmoid annealing is flat at both ends and steep between")
  func sigmoid() {
    let schedule = AttenuationSchedule(epochs: 10, stepsPerEpoch: 5, annealing: .sigmoid)
    #expect(abs(schedule.decayRate(at: 5) - 0.5) < 1e-12)
    // ξ(2) = 1 − 2/(1 + e³) = 0.9051483, T = 9.051483
    #expect(abs(schedule.decayRate(at: 2) - 0.9998828) < 1e-7)
    #expect(schedule.decayRate(at: 3) > AttenuationSchedule(epochs: 10, stepsPerEpoch: 5).decayRate(at: 3))
  }

  @Test("once an epoch: after the last step of each, by d_r itself")
  func everyEpoch() {
    let schedule = AttenuationSchedule(epochs: 4, stepsPerEpoch: 3)
    let due = (0...13).filter { schedule.event(afterSteps: $0) != nil }
    #expect(due == [3, 6, 9, 12])
    #expect(schedule.event(afterSteps: 6) == .init(rate: 0.5, factor: 0.5))
  }

  @Test("k times an epoch: by the k-th root, each at its own time")
  func fractions() throws {
    let schedule = AttenuationSchedule(epochs: 2, stepsPerEpoch: 10, interval: 0.2)
    let due = (0...20).filter { schedule.event(afterSteps: $0) != nil }
    #expect(due == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    let event = try #require(schedule.event(afterSteps: 10))
    #expect(event.rate == 0.5)
    #expect(abs(event.factor - 0.8705506) < 1e-7)
  }

  @Test("an interval shorter than a step is a step")
  func shortInterval() throws {
    let schedule = AttenuationSchedule(epochs: 1, stepsPerEpoch: 4, interval: 0.01)
    #expect((1...4).allSatisfy { schedule.event(afterSteps: $0) != nil })
    let event = try #require(schedule.event(afterSteps: 2))
    #expect(abs(event.factor - 0.8408964) < 1e-7)
  }

  @Test("every fifth epoch, and at the end whatever the interval")
  func longInterval() {
    let schedule = AttenuationSchedule(epochs: 7, stepsPerEpoch: 2, interval: 5)
    #expect((0...14).filter { schedule.event(afterSteps: $0) != nil } == [10, 14])
  }

  @Test("a fixed rate stays, as in Table 4; 0 is soft filter pruning")
  func fixed() {
    let schedule = AttenuationSchedule(epochs: 3, stepsPerEpoch: 1, fixedRate: 0.2)
    #expect((1...3).map { schedule.event(afterSteps: $0)?.factor } == [0.2, 0.2, 0.2])
    let soft = AttenuationSchedule(epochs: 3, stepsPerEpoch: 10, interval: 0.1, fixedRate: 0)
    #expect(soft.event(afterSteps: 1)?.factor == 0)
  }

  @Test("without decay epochs nothing is ever due")
  func none() {
    let schedule = AttenuationSchedule(epochs: 0, stepsPerEpoch: 10)
    #expect((0...20).allSatisfy { schedule.event(afterSteps: $0) == nil })
  }
}

@Suite("Learning rate")
struct LearningRateScheduleTests {
  @Test("constant, cosine and step at the beginning, the middle and the end")
  func rates() {
    #expect([0, 0.5, 1].map { LearningRateSchedule.constant.rate(0.1, at: $0) } == [0.1, 0.1, 0.1])
    let cosine = [0, 0.5, 1].map { LearningRateSchedule.cosine.rate(0.1, at: $0) }
    #expect(zip(cosine, [0.1, 0.05, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
    let step = [0, 0.49, 0.5, 0.75].map { LearningRateSchedule.step.rate(0.1, at: $0) }
    #expect(zip(step, [0.1, 0.1, 0.01, 0.001]).allSatisfy { abs($0 - $1) < 1e-12 })
  }
}
