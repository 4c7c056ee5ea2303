import FDSKD

/// A report and a plan in which every kind of value occurs: nil and not, empty and not, names that need
/// escaping.
enum Samples {
  static let digest = String(repeating: "0123456789abcdef", count: 4)

  static var options: CompileOptions {
    var options = CompileOptions()
    options.layerRates = [.init(pattern: "layer1.*", rate: 0.1)]
    options.targetMACs = .fraction(0.5)
    options.inputShapes = [.init(name: "image", dimensions: [1, 3, 32, 32])]
    options.dumpAfter = ["select-filters"]
    return options
  }

  static var figures: Report.Figures {
    Report.Figures(parameters: 1000, macs: 64_000, bytes: 4000, paperParameters: 1900, paperFLOPs: 127_000)
  }

  static var smaller: Report.Figures {
    Report.Figures(parameters: 500, macs: 32_000, bytes: 2000, paperParameters: 950, paperFLOPs: 63_500)
  }

  static var groups: [Report.Group] {
    [
      Report.Group(
        id: "conv<1>", size: 4, requestedRate: 0.5, kept: [0, 2], removed: [1, 3],
        scores: [0.9, 0.1, 1e-7, 0.30000000000000004],
        members: [
          .init(tensor: "w&1", axis: 0, role: .producer, layer: "conv<1>"),
          .init(tensor: "bn|gamma", axis: 0, role: .follower, layer: "bn"),
          .init(tensor: "w2", axis: 1, role: .consumer, layer: "conv2"),
        ]),
      Report.Group(
        id: "conv2", size: 2, requestedRate: 0.3, kept: [0, 1], removed: [], scores: [], members: [],
        reason: "0.3 of 2 channels rounds to none"),
    ]
  }

  static var report: Report {
    Report(
      command: .compile, input: .init(path: "in.onnx", bytes: 4321, sha256: digest),
      output: .init(path: "out.onnx", bytes: 2345, sha256: digest), settings: options,
      totals: .init(before: figures, after: smaller, uncountedNodes: 1),
      layers: [
        .init(
          name: "conv<1>", op: "Conv", weight: "w&1", before: figures, after: smaller,
          weightShape: .init(before: [4, 3, 3, 3], after: [2, 3, 3, 3]),
          outputShape: .init(before: [.symbol("batch"), 4, 8, 8], after: [.symbol("batch"), 2, 8, 8])),
        .init(
          name: "gone", op: "com.acme.Thing", before: .init(parameters: 0, macs: nil, bytes: 0), after: nil,
          outputShape: .init(before: nil, after: nil)),
      ],
      groups: groups,
      whyNot: [
        .init(
          layer: "fc", tensor: "fc.weight", axis: 0, node: nil, op: nil, reason: "axis 1 of 'y' is an output"),
        .init(
          layer: "conv3", tensor: "w3", axis: 0, node: "thing", op: "Thing", reason: "an unknown operator"),
      ],
      passes: [
        .init(
          name: "infer-shapes", outcome: .unchanged, parameters: .init(before: 1000, after: 1000),
          macs: .init(before: nil, after: 64_000)),
        .init(
          name: "fix-up-channels", outcome: .changed, parameters: .init(before: 1000, after: 500),
          macs: .init(before: 64_000, after: 32_000), detail: "3 nodes"),
      ],
      warnings: ["kept as it is: Thing"],
      timing: .init(totalSeconds: 0.25, passes: [.init(name: "infer-shapes", seconds: 0.001)]))
  }

  static var trainingOptions: TrainingOptions {
    var training = TrainingOptions(data: "cifar <10>")
    training.epochs = 6
    training.pruneInterval = 0.1
    training.distilledOutputs = ["logits"]
    training.mean = [0.485, 0.456, 0.406]
    training.standardDeviation = [0.229, 0.224, 0.225]
    training.seed = .max
    training.maxAccuracyDrop = 0.5
    return training
  }

  /// Three epochs of decay, three without the channels.
  static var curve: [Report.Training.Epoch] {
    (1...6).map { number in
      let isDecay = number <= 3
      var epoch = Report.Training.Epoch(
        epoch: number, phase: isDecay ? .decay : .retrain, learningRate: isDecay ? 0.01 : 0.005,
        loss: 1 / Double(number))
      epoch.decayRate = isDecay ? [0.99, 0.5, 4.5e-5][number - 1] : nil
      epoch.crossEntropy = 0.9 / Double(number)
      epoch.divergence = number == 6 ? nil : 0.1
      epoch.trainAccuracy = 0.9 + Double(number) / 100
      epoch.validation = .init(accuracy: 0.85 + Double(number) / 100, loss: 0.5)
      epoch.newlySelected = isDecay ? 12 / number : nil
      return epoch
    }
  }

  /// The same report with a training in it, in which everything was measured.
  static var trained: Report {
    var report = report
    report.settings.method = .fdskd
    report.settings.training = trainingOptions
    var training = Report.Training(
      samples: 50_000, isLabelled: true, validationSamples: 10_000, epochs: 6, decayEpochs: 3,
      stepsPerEpoch: 391, isDistilled: true, curve: curve)
    training.teacher = .init(accuracy: 0.922, loss: 0.3012)
    training.beforeRemoval = .init(accuracy: 0.8275, loss: 0.55)
    training.afterRemoval = .init(accuracy: 0.8275, loss: 0.55)
    training.final = .init(accuracy: 0.9198, loss: 0.31)
    training.removalError = 3.2e-7
    report.training = training
    report.timing.passes += [
      .init(name: "decay-train", seconds: 100), .init(name: "retrain", seconds: 34.2),
    ]
    return report
  }

  /// The same with neither labels nor teacher's accuracy.
  static var unlabelled: Report {
    var report = trained
    var training = Report.Training(
      samples: 1000, isLabelled: false, validationSamples: 0, epochs: 1, decayEpochs: 0, stepsPerEpoch: 8,
      isDistilled: true, curve: [.init(epoch: 1, phase: .retrain, learningRate: 0.01, loss: 0.25)])
    training.curve[0].divergence = 0.25
    report.training = training
    return report
  }

  static var plan: Plan {
    Plan(
      inputSHA256: digest,
      groups: [
        .init(
          id: "conv1", size: 3, kept: [0, 2], removed: [1], scores: [0.5, 0.25, 1],
          members: [
            .init(tensor: "w", axis: 0, role: .producer, slots: [[0], [1], [2]]),
            .init(tensor: "fc", axis: 1, role: .consumer, slots: [[0, 1], [2, 3], [4, 5]]),
          ])
      ])
  }
}
