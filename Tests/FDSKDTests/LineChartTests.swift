import FDSKD
import Testing

@Suite("Line charts")
struct LineChartTests {
  private func chart(_ values: [Double?], epochs: [Int]? = nil, removal: Int? = nil) -> String? {
    LineChart(
      title: "Loss", unit: "nats", epochs: epochs ?? Array(1...max(1, values.count)),
      series: [.init(name: "total", style: .main, values: values)], removal: removal,
      text: { CountText.trimmed($0) }
    ).source
  }

  @Test("break where a value is missing, or none that is finite")
  func gaps() throws {
    let text = try #require(chart([1, 2, nil, 3, 4, .nan, 5]))
    #expect(text.matches(of: /<polyline/).count == 2)
    #expect(text.matches(of: /class="dot main"/).count == 5)
    #expect(!text.contains("points=\"\"") && !text.contains("NaN"))
    #expect(chart([nil, .nan, .infinity]) == nil)
    #expect(chart([]) == nil)
  }

  @Test("put values where the scale has them")
  func positions() throws {
    let text = try #require(chart([0, 1, 2, 4]))
    #expect(text.contains("points=\"125,200 375,150 625,100 875,0\""))
    #expect(text.contains("<span style=\"top:50%\">2</span>"))
  }

  @Test("mark where channels went, between two epochs")
  func removal() throws {
    #expect(try #require(chart([1, 2, 3, 4], removal: 2)).contains("<line class=\"cut\" x1=\"250\""))
    #expect(try #require(chart([1, 2, 3, 4])).contains("class=\"cut\"") == false)
  }

  @Test("name round epochs, six at most and each once", arguments: [1, 2, 6, 7, 20, 99, 100, 250, 1000])
  func epochs(count: Int) throws {
    let text = try #require(chart(Array(repeating: 1, count: count)))
    let names = text.matches(of: /left:[0-9.]+%">([0-9]+)</).compactMap { Int($0.1) }
    #expect(!names.isEmpty && names.count <= 6)
    #expect(names == Array(Set(names)).sorted())
    #expect(names.allSatisfy { (1...count).contains($0) })
  }

  @Test("have ticks that enclose every value, three to seven of them")
  func ticks() {
    let ranges = [
      (0, 1), (0, 0.01), (0.86, 0.96), (0.5, 0.5), (0, 0), (-3, -2), (-1, 1), (1e-9, 2e-9), (0.3, 12345),
      (1e30, 2e30),
      (0.1, 0.30000000000000004), (99, 100),
    ]
    for (low, high) in ranges {
      let ticks = AxisTicks(from: low, to: high)
      let slack = 1e-6 * (ticks.top - ticks.bottom)
      #expect(ticks.bottom <= low + slack && ticks.top >= high - slack, "\(low) \(high): \(ticks.values)")
      #expect((2...7).contains(ticks.values.count), "\(low) \(high): \(ticks.values)")
      #expect(ticks.values == ticks.values.sorted() && ticks.top > ticks.bottom)
    }
    #expect(AxisTicks(from: 0.86, to: 0.96).values.map { CountText.fixed($0, digits: 3) }.first == "0.850")
    #expect(AxisTicks(from: 0.1, to: 1).bottom == 0)
    #expect(AxisTicks(from: 0, to: 0).values == [0, 0.25, 0.5, 0.75, 1])
    #expect(AxisTicks(from: 8, to: 8).values == [4, 6, 8, 10, 12])
  }
}
