import Datasets
import FDSKD
import Foundation

/// Data sets of every format. The first byte of an input says which one the rest is.
package struct DatasetTarget: FuzzTarget {
  /// Where the bytes go, and what is opened.
  private struct Form {
    let file: String
    let opened: String
  }

  private let forms: [Form]
  private let folder: String

  package init(folder: String) throws {
    self.folder = folder
    forms = try [
      ("a.npz", "a.npz"), ("a.npy", "a.npy"), ("cifar/data_batch_1.bin", "cifar"),
      ("mnist/train-images-idx3-ubyte", "mnist"), ("mnist-labels/train-labels-idx1-ubyte", "mnist-labels"),
      ("zipped/train-images-idx3-ubyte.gz", "zipped"), ("jpeg/cat/a.jpg", "jpeg"), ("png/cat/a.png", "png"),
    ].map { file, opened in
      let form = Form(file: folder + "/" + file, opened: folder + "/" + opened)
      try FileManager.default.createDirectory(
        atPath: (form.file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      return form
    }
    // Two images of 2x2, and their labels, for the halves that are not fuzzed.
    let images = Data([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8])
    let labels = Data([0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    write(labels, to: folder + "/mnist/train-labels-idx1-ubyte")
    write(images, to: folder + "/mnist-labels/train-images-idx3-ubyte")
    write(labels, to: folder + "/zipped/train-labels-idx1-ubyte")
  }

  package func run(_ input: Data) {
    guard let first = input.first else { return }
    let form = forms[Int(first) % forms.count]
    write(input.dropFirst(), to: form.file)
    refusable {
      let dataset = try Datasets.open(form.opened, split: .train, memoryLimit: 64 << 20)
      let size = dataset.sampleShape.reduce(1, *)
      precondition(size > 0 && dataset.count > 0, "an empty data set was opened")
      guard size < 1 << 22 else { return }
      let sample = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
      defer { sample.deallocate() }
      for index in [0, dataset.count - 1] { try dataset.read(index, into: sample) }
      if let labels = dataset.labels { precondition(labels.count == dataset.count) }
    }
  }
}
