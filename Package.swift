// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "fdskd-compile",
  products: [
    .library(name: "FDSKD", targets: ["FDSKD"]),
    .executable(name: "fdskd-compile", targets: ["fdskd-compile"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries. Nothing of theirs is visible outside the one module that imports them.
    .target(name: "COnnx", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp")]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

    .target(name: "CSignals"),

    // The compiler, lowest room first. An arrow never points down this list.
    .target(
      name: "Platform",
      dependencies: ["CSignals", .product(name: "SystemPackage", package: "swift-system")]),
    .target(name: "GraphIR"),
    .target(name: "Kernels", dependencies: ["COpenBLAS", "COneDNN"]),
    .target(name: "Operators", dependencies: ["GraphIR", "Kernels"]),
    .target(
      name: "ONNXFormat",
      dependencies: [
        "Platform", "GraphIR", "COnnx",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "Datasets",
      dependencies: [
        "Platform", "CZip", "CZlib", "CTurboJPEG", "CPNG",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(name: "Analysis", dependencies: ["GraphIR", "Kernels"]),
    .target(
      name: "Training",
      dependencies: ["Platform", "GraphIR", "Kernels", "Datasets", "Operators", "Analysis"]),
    .target(name: "Passes", dependencies: ["GraphIR", "Analysis", "Kernels", "Training"]),
    .target(
      name: "FDSKD",
      dependencies: [
        "Platform", "GraphIR", "Operators", "ONNXFormat", "Analysis", "Passes", "Training", "Datasets",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "Commands",
      dependencies: [
        "Platform", "FDSKD",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
        "Yams",
      ]),
    .executableTarget(name: "fdskd-compile", dependencies: ["Commands"]),

    // Runs the execution engine alone, for comparisons with PyTorch and measurements. Not shipped.
    .executableTarget(
      name: "engine-probe",
      dependencies: [
        "GraphIR", "Operators", "Analysis", "Kernels", "ONNXFormat", "Datasets", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/EngineProbe"),

    // What fuzzers feed, and what replays their findings.
    .target(
      name: "FuzzTargets", dependencies: ["GraphIR", "ONNXFormat", "Datasets", "FDSKD", "Commands"],
      path: "Tests/Fuzz/Targets"),

    // Tests, one target a module.
    .target(
      name: "TestSupport", dependencies: ["GraphIR", "Operators", "ONNXFormat"],
      path: "Tests/TestSupport"),
    .testTarget(
      name: "PlatformTests",
      dependencies: [
        "Platform", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(name: "GraphIRTests", dependencies: ["GraphIR", "TestSupport"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels"]),
    .testTarget(name: "OperatorsTests", dependencies: ["GraphIR", "Operators", "Analysis", "TestSupport"]),
    .testTarget(name: "ONNXFormatTests", dependencies: ["GraphIR", "ONNXFormat", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets"]),
    .testTarget(name: "AnalysisTests", dependencies: ["GraphIR", "Operators", "Analysis", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "GraphIR", "Kernels", "Operators", "ONNXFormat", "Analysis", "Datasets", "Training", "TestSupport",
      ]),
    .testTarget(
      name: "PassesTests", dependencies: ["GraphIR", "Operators", "Analysis", "Passes", "TestSupport"]),
    .testTarget(
      name: "FDSKDTests",
      dependencies: [
        "GraphIR", "Operators", "ONNXFormat", "Analysis", "Training", "Passes", "FDSKD", "TestSupport",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["fdskd-compile", "Commands", "FDSKD", "TestSupport", "FuzzTargets"]),
  ]
)

// libFuzzer brings the `main` of this one: Tests/Fuzz/README.md.
if Context.environment["FDSKD_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Entry"))
}
