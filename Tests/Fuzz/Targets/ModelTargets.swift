import FDSKD
import Foundation
import GraphIR
import ONNXFormat

/// Wire scan and import of a model.
package struct ModelTarget: FuzzTarget {
  package init(folder: String) {}

  package func run(_ input: Data) {
    refusable {
      let file = try ByteBuffer(count: input.count) { target in input.copyBytes(to: target) }
      _ = try ONNXImporter.load(file, options: ImportOptions(maximumMemoryInBytes: 256 << 20))
    }
  }
}

/// From file to file: what is written has to be read again.
package struct CompileTarget: FuzzTarget {
  private let source: String
  private let result: String

  package init(folder: String) { (source, result) = (folder + "/in.onnx", folder + "/out.onnx") }

  package func run(_ input: Data) {
    write(input, to: source)
    try? FileManager.default.removeItem(atPath: result)
    var options = CompileOptions()
    options.rate = 0.5
    options.maxMemory = 256 << 20
    refusable {
      _ = try Compiler(options: options).compile(input: source, output: result)
      do { _ = try ONNXImporter.load(result) } catch { fatalError("the result cannot be read: \(error)") }
    }
  }
}

/// One tensor of an ONNX test data set.
package struct TensorTarget: FuzzTarget {
  private let path: String

  package init(folder: String) { path = folder + "/input_0.pb" }

  package func run(_ input: Data) {
    write(input, to: path)
    refusable { _ = try ONNXImporter.tensor(path).doubles }
  }
}
