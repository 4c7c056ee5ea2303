import ArgumentParser
import Foundation

/// `engine-probe gradients model.onnx --data batch.npz --output folder`
struct GradientsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradients",
    abstract: "Write what one forward and one backward pass in training mode compute.",
    discussion: """
      Folders of .npy files: outputs/ by the model's outputs, gradients/ of the mean cross-entropy by initializer, \
      constants/ with everything that is not learned, after the pass (so running statistics are brought forward).
      """)

  @OptionGroup var options: NetworkOptions
  @Option(help: .init("Where the folders go.", valueName: "folder")) var output: String

  func run() throws {
    let network = try options.network(.training)
    let samples = try options.samples(for: network)
    let loss = try network.differentiate(samples[0])
    let outputs = try ArrayFolder(output + "/outputs")
    for port in network.program.outputs where port.scalar == .float {
      try outputs.write(port.name, port.dims, port.floats)
    }
    let gradients = try ArrayFolder(output + "/gradients")
    let constants = try ArrayFolder(output + "/constants")
    for entry in network.store.entries {
      if let gradient = network.store.gradient(of: entry) {
        try gradients.write(entry.name, entry.dims, gradient)
      } else {
        try constants.write(entry.name, entry.dims, network.store.elements(of: entry))
      }
    }
    print(String(format: "loss %.9g", loss))
  }
}
