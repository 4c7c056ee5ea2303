import FDSKD
import Foundation
import Testing

@Suite("Report and plan as JSON")
struct ReportCodingTests {
  @Test("come back as they were", arguments: [Samples.report, Samples.trained, Samples.unlabelled])
  func roundTrip(sample: Report) throws {
    let text = try sample.json()
    let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    #expect(report == sample)
    #expect(try report.json() == text)
  }

  @Test("of plans come back as they were, too")
  func planRoundTrip() throws {
    let plan = try Plan(json: Array(try Samples.plan.json().utf8))
    #expect(plan == Samples.plan)
    #expect(try plan.json() == Samples.plan.json())
  }

  @Test("say null where something is not known")
  func nulls() throws {
    let text = try Samples.report.json()
    #expect(text.contains("\"check\": null"))
    #expect(text.contains("\"target_params\": null"))
    #expect(text.contains("\n  \"training\": null"))
    #expect(text.contains("\n    \"training\": null"))
    let trained = try Samples.trained.json()
    #expect(trained.contains("\"mean\": [0.485, 0.456, 0.406]"))
    #expect(trained.contains("\"seed\": 18446744073709551615"))
    #expect(try Samples.unlabelled.json().contains("\"before_removal\": null"))
  }

  @Test("have the shortest numbers that read back, and lists on one line")
  func numbers() throws {
    let text = try Samples.report.json()
    #expect(text.contains("\"scores\": [0.9, 0.1, 1e-07, 0.30000000000000004]"))
    #expect(text.contains("\"slots\"") == false)
    #expect(try Samples.plan.json().contains("\"slots\": [[0, 1], [2, 3], [4, 5]]"))
  }

  @Test("have sorted keys at every level")
  func sortedKeys() throws {
    let lines = try Samples.report.json().split(separator: "\n")
    let top = lines.filter { $0.hasPrefix("  \"") }.compactMap { $0.split(separator: "\"").dropFirst().first }
    #expect(top.count == 16)
    #expect(top == top.sorted())
  }

  @Test("break lines as text, whatever strings hold")
  func layout() throws {
    let value = ["a": ["x\"[{,:\\", "y"], "b": []]
    #expect(try JSONText.encode(value) == "{\"a\": [\"x\\\"[{,:\\\\\", \"y\"], \"b\": []}\n")
    #expect(try JSONText.encode([["k": 1], [:]]) == "[\n  {\"k\": 1},\n  {}\n]\n")
  }

  @Test("refuse what JSON cannot express")
  func notANumber() {
    var report = Samples.report
    report.groups[0].scores[0] = .nan
    #expect(throws: (any Error).self) { try report.json() }
  }
}

@Suite("Plans that are refused")
struct PlanValidationTests {
  private func message(_ plan: Plan) -> String {
    do { try plan.validate() } catch { return Diagnostic(error).description }
    return ""
  }

  private func changed(_ change: (inout Plan) -> Void) -> Plan {
    var plan = Samples.plan
    change(&plan)
    return plan
  }

  @Test("because they contradict themselves, with the group named")
  func contradictions() {
    #expect(message(Samples.plan) == "")
    let group = "error[bad-plan]: group 'conv1': "
    #expect(message(changed { $0.groups[0].size = 4 }) == group + "has 4 channels, and keeps 2 and removes 1")
    #expect(message(changed { $0.groups[0].removed = [2] }) == group + "names channel 2 twice")
    #expect(message(changed { $0.groups[0].removed = [7] }) == group + "has no channel 7 among its 3")
    #expect(
      message(changed { $0.groups[0].kept = [2, 0] }) == group + "does not list its channels ascending")
    #expect(message(changed { $0.groups[0].scores = [1] }) == group + "has 1 scores for 3 channels")
    #expect(message(changed { $0.groups[0].members[0].axis = -1 }) == group + "names axis -1 of 'w'")
    #expect(
      message(changed { $0.groups[0].members[1].slots.removeLast() }) == group
        + "has slots for 2 of 3 channels on 'fc'")
    #expect(
      message(changed { $0.groups[0].members[0].slots[0] = [1] }).hasPrefix(group + "gives position 1 of 'w'")
    )
    #expect(message(changed { $0.groups.append($0.groups[0]) }) == group + "appears twice")
    #expect(
      message(changed { $0.schemaVersion = 2 })
        == "error[bad-plan]: schema_version is 2, and this version reads 1")
  }

  @Test(
    "because they are no plans, with the place named",
    arguments: [
      ("", "not JSON, or a number is no integer"), ("[]", "not an object"),
      ("{}", "'schema_version' is missing"),
      (#"{"schema_version": 1, "input_sha256": 3, "groups": []}"#, "input_sha256: not a string"),
      (
        #"{"schema_version": 1, "input_sha256": "", "groups": [{"id": "a"}]}"#, "groups[0]: 'size' is missing"
      ),
    ])
  func noPlans(text: String, expected: String) throws {
    let error = #expect(throws: (any Error).self) { try Plan(json: Array(text.utf8)) }
    let diagnostic = Diagnostic(try #require(error))
    #expect(diagnostic.exitStatus == 1)
    #expect(
      diagnostic.description == "error[bad-plan]: not a plan: \(expected); hint: write one with --save-plan")
  }

  @Test("because the file cannot be read")
  func missingFile() throws {
    let error = #expect(throws: (any Error).self) { try Plan(contentsOf: "/nowhere/plan.json") }
    let diagnostic = Diagnostic(try #require(error))
    #expect(diagnostic.exitStatus == 4)
    #expect(diagnostic.description.contains("/nowhere/plan.json"))
  }
}
