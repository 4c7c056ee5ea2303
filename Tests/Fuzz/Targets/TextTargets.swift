import Commands
import FDSKD
import Foundation

/// A saved plan: what is read is written and read again as it was.
package struct PlanTarget: FuzzTarget {
  package init(folder: String) {}

  package func run(_ input: Data) {
    refusable {
      let plan = try Plan(json: Array(input))
      guard try Plan(json: Array(plan.json().utf8)) == plan else {
        fatalError("the plan comes back as another")
      }
    }
  }
}

/// A configuration file, down to the options that it makes.
package struct ConfigurationTarget: FuzzTarget {
  package init(folder: String) {}

  package func run(_ input: Data) {
    refusable {
      let text = String(decoding: input, as: UTF8.self)
      _ = try ConfigurationFile.parse(text, file: "fuzz.yaml").options()
    }
  }
}
