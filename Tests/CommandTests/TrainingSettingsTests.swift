import Commands
import FDSKD
import Testing

@Suite("Settings of training")
struct TrainingSettingsTests {
  private func settings(_ values: [SettingKey: String]) -> Settings {
    var settings = Settings()
    for (key, value) in values { settings[key] = value }
    return settings
  }

  private func complaint(_ values: [SettingKey: String]) -> String {
    do { _ = try settings(values).options() } catch {
      #expect(Diagnostic(error).exitStatus == 2)
      return Diagnostic(error).description
    }
    return ""
  }

  @Test("arrive in the options, every one of them")
  func everySetting() throws {
    var settings = settings([
      .data: "train", .validationData: "val", .epochs: "20", .batchSize: "64", .learningRate: "0.1",
      .learningRateSchedule: "step", .momentum: "0.8", .weightDecay: "5e-4", .annealing: "sigmoid",
      .initialTemperature: "8", .decayFraction: "0.25", .decayRate: "0.2", .decayScope: "filter",
      .pruneInterval: "0.5", .distillationTemperature: "4", .distillationBalance: "0.7",
      .augment: "crop-flip",
      .mean: "0.5,-0.25,0", .standardDeviation: "0.25,1,2", .seed: "18446744073709551615", .threads: "2",
      .normalization: "keep", .checkpoint: "c", .maxAccuracyDrop: "0.5",
    ])
    settings[isOn: .dampGradients] = false
    settings[isOn: .resume] = true
    settings[list: .distillOutput] = ["a", "b"]
    for key in SettingKey.trainingKeys { #expect(settings[key] != nil, "\(key) is not tried") }
    var expected = TrainingOptions(data: "train")
    expected.validationData = "val"
    expected.epochs = 20
    expected.batchSize = 64
    expected.learningRate = 0.1
    expected.learningRateSchedule = .step
    expected.momentum = 0.8
    expected.weightDecay = 5e-4
    expected.annealing = .sigmoid
    expected.initialTemperature = 8
    expected.decayFraction = 0.25
    expected.decayRate = 0.2
    expected.decayScope = .filter
    expected.pruneInterval = 0.5
    expected.dampsGradients = false
    expected.distillationTemperature = 4
    expected.distillationBalance = 0.7
    expected.distilledOutputs = ["a", "b"]
    expected.augmentation = .cropFlip
    expected.mean = [0.5, -0.25, 0]
    expected.standardDeviation = [0.25, 1, 2]
    expected.seed = .max
    expected.threads = 2
    expected.normalization = .keep
    expected.checkpointDirectory = "c"
    expected.resumes = true
    expected.maxAccuracyDrop = 0.5
    let options = try settings.options()
    #expect(options.training == expected)
    #expect(options.method == .fdskd)
  }

  @Test("that say nothing leave the defaults")
  func defaults() throws {
    let options = try settings([.data: "d"]).options()
    #expect(options.training == TrainingOptions(data: "d"))
    #expect(options.method == .fdskd && options.criterion == .l2)
  }

  @Test("mean nothing without data, and say so", arguments: SettingKey.trainingKeys)
  func withoutData(key: SettingKey) {
    let message = complaint([key: "1"])
    #expect(message.hasPrefix("error[no-data]: \(key.flag) says how to train, and no data is named"))
    #expect(message.hasSuffix("hint: --data FOLDER, or leave \(key.flag) away"))
  }

  @Test("may stay without data where other work reads them, too", arguments: [SettingKey.seed, .threads])
  func shared(key: SettingKey) throws { #expect(try settings([key: "1"]).options().training == nil) }

  @Test("choose the method, and the method the scores")
  func methods() throws {
    func chosen(_ values: [SettingKey: String]) throws -> [String] {
      let options = try settings(values).options()
      return [options.method.rawValue, options.criterion.rawValue]
    }
    #expect(try chosen([:]) == ["one-shot", "l2"])
    #expect(try chosen([.method: "l1"]) == ["one-shot", "l1"])
    #expect(try chosen([.data: "d", .method: "l1"]) == ["l1", "l1"])
    #expect(try chosen([.data: "d", .method: "fpgm"]) == ["fpgm", "gm"])
    #expect(try chosen([.data: "d", .method: "sfp", .criterion: "l2"]) == ["sfp", "l2"])
    #expect(try chosen([.data: "d", .method: "fd", .criterion: "gm"]) == ["fd", "gm"])
    #expect(try chosen([.data: "d", .criterion: "l1"]) == ["fd-skd", "l1"])
    #expect(try chosen([.data: "d", .rate: "0"]) == ["fd-skd", "l2"])
  }

  @Test("that contradict each other are refused")
  func contradictions() {
    for method in ["fd-skd", "fd", "sfp", "fpgm"] {
      #expect(complaint([.method: method]).contains("--method '\(method)' trains, and no data is named"))
    }
    #expect(
      complaint([.method: "l1", .criterion: "l2"]).contains("--criterion is l2, and --method l1 scores by l1")
    )
    #expect(
      complaint([.data: "d", .method: "fpgm", .criterion: "l2"])
        .contains("--criterion is l2, and --method fpgm scores by gm"))
    #expect(complaint([.data: "d", .method: "one-shot"]).contains("--method l1 removes at once"))
    #expect(complaint([.data: "d", .resume: "true"]).contains("--checkpoint DIR --resume"))
  }

  @Test("that are no numbers, or no choices, are refused with the value named")
  func badValues() {
    let data: [SettingKey: String] = [.data: "d"]
    func with(_ key: SettingKey, _ value: String) -> String { complaint(data.merging([key: value]) { $1 }) }
    for key in SettingKey.trainingKeys where key.kind == .number {
      for value in ["x", "", "nan", "-nan", "0.1.2", "1,5"] {
        #expect(with(key, value) == "error[bad-option]: \(key.flag) is '\(value)', and has to be a number")
      }
      #expect(with(key, "inf").hasPrefix("error[bad-option]: \(key.flag) is inf, and has to be "))
    }
    for key in [SettingKey.epochs, .batchSize, .threads] {
      for value in ["0", "-1", "1.5", "x", "99999999999999999999"] {
        #expect(with(key, value).hasPrefix("error[bad-option]: \(key.flag) is '\(value)'"))
      }
    }
    for value in ["-1", "1.5", "x", "18446744073709551616"] {
      #expect(with(.seed, value).contains("--seed is '\(value)', and has to be a whole number"))
    }
    for value in ["", "0.5,", "0.5,x", "0.5;0.5", "nan"] {
      #expect(with(.mean, value).contains("--mean is '\(value)', and has to be numbers"))
    }
    #expect(
      with(.annealing, "cosine")
        == "error[bad-option]: --annealing is 'cosine', and has to be linear or sigmoid")
    #expect(with(.augment, "flip").contains("has to be none or crop-flip"))
    #expect(complaint([.method: "magic"]).contains("one-shot, fd-skd, fd, sfp, fpgm or l1"))
  }

  @Test("come from a configuration file, channels as a list or a text")
  func configuration() throws {
    let list = try ConfigurationFile.parse(
      """
      data: cifar-10-batches-bin
      method: fd
      epochs: 20
      weight-decay: 5e-4
      mean: [0.5, 0, -1]
      std: [1, 1, 2.5]
      no-damp-gradients: true
      distill-output: logits
      """, file: "c.yaml")
    let text = try ConfigurationFile.parse(
      """
      {"data": "cifar-10-batches-bin", "method": "fd", "epochs": 20, "weight-decay": 5e-4, "mean": "0.5,0,-1",
       "std": "1,1,2.5", "damp-gradients": false, "distill-output": ["logits"]}
      """, file: "c.json")
    #expect(list == text)
    var settings = list
    settings[.method] = "fd-skd"
    let training = try #require(try settings.options().training)
    #expect(training.mean == [0.5, 0, -1] && training.standardDeviation == [1, 1, 2.5])
    #expect(training.weightDecay == 5e-4 && !training.dampsGradients)
    #expect(throws: (any Error).self) { try ConfigurationFile.parse("mean: [a]", file: "c.yaml") }
    #expect(throws: (any Error).self) { try ConfigurationFile.parse("mean: true", file: "c.yaml") }
    #expect(throws: (any Error).self) { try ConfigurationFile.parse("epochs: 1.5", file: "c.yaml") }
  }

  @Test("are saved where they decide the model, and come back as they were")
  func saved() throws {
    var all = settings([
      .data: "d", .method: "fd", .epochs: "20", .weightDecay: "1e-4", .mean: "0.5,-1",
      .standardDeviation: "1,1",
      .threads: "2", .maxAccuracyDrop: "0.5",
    ])
    all[isOn: .dampGradients] = false
    var passing = all
    passing[.checkpoint] = "c"
    passing[isOn: .resume] = true
    passing[.progress] = "never"
    #expect(try ConfigurationFile.parse(ConfigurationFile.text(of: passing), file: "c.yaml") == all)
  }
}
