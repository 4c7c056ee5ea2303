import ArgumentParser
import Foundation

/// `engine-probe steps model.onnx --data folder --count 10`
struct StepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steps", abstract: "Train, batch after batch in the order of the data, and print every loss."
  )

  @OptionGroup var options: NetworkOptions
  @OptionGroup var descent: DescentOptions
  @Option(help: .init("How many steps.", valueName: "n")) var count = 10
  @Option(help: .init("Write the parameters to parameters/ there, at the end.", valueName: "folder"))
  var output: String?
  @Flag(help: "Print a hash of all numbers of the network at the end.") var digest = false

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count has to be positive") }
  }

  func run() throws {
    let network = try options.network(.training)
    let samples = try options.samples(for: network)
    let update = network.update(descent)
    for step in 0..<count {
      let loss = try network.step(samples[step], update, learningRate: descent.learningRate)
      print(String(format: "loss %.9g", loss))
    }
    if let output {
      let folder = try ArrayFolder(output + "/parameters")
      for entry in network.store.entries where entry.isTrainable {
        try folder.write(entry.name, entry.dims, network.store.elements(of: entry))
      }
    }
    if digest { print("digest " + String(network.digest, radix: 16)) }
  }
}
