// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 language mode throughout; a warning is an error, in our own targets only.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// What this build is made from and by, for run.json: the Makefile says. Not `Context.gitInformation`: the
/// package manager caches the manifest and would go on naming a commit of yesterday.
let commit = Context.environment["IPCBENCH_COMMIT"] ?? ""
let compiler = Context.environment["IPCBENCH_COMPILER"] ?? ""

/// Makes a build whose messages take so many per cent longer, to show that the gate notices it (see
/// Benchmarks/gate). Anything but a number from 1 to 99, as nothing at all, makes an ordinary build.
let slowdown = Context.environment["IPCBENCH_SLOWDOWN_PERCENT"].flatMap { Int($0) }
  .flatMap { (1...99).contains($0) ? $0 : nil }

let package = Package(
  name: "ipcbench",
  products: [
    .executable(name: "ipcbench", targets: ["ipcbench"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .target(
      name: "CLinux",
      cSettings: [
        .define("IPCBENCH_COMMIT", to: "\"\(commit)\""),
        .define("IPCBENCH_COMPILER", to: "\"\(compiler)\""),
      ] + (slowdown.map { [.define("IPCBENCH_SLOWDOWN_PERCENT", to: "\($0)")] } ?? [])),
    .systemLibrary(name: "CNUMA", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),
    .systemLibrary(name: "CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
    .systemLibrary(name: "CTIRPC", pkgConfig: "libtirpc", providers: [.apt(["libtirpc-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "COncRPC", dependencies: ["CTIRPC"], exclude: ["ipcbench.x", "generate.sh"],
      // rpcgen leaves an unused variable here and there.
      cSettings: [.disableWarning("unused-variable")]),

    .target(name: "Paths", dependencies: ["CLinux"], swiftSettings: strict),
    .target(
      name: "Trials",
      dependencies: ["Paths", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(
      name: "Mechanisms", dependencies: ["CLinux", "Paths", "Trials"],
      swiftSettings: strict + (slowdown == nil ? [] : [.define("INJECTED_SLOWDOWN")])),
    .target(
      name: "RPCMechanisms", dependencies: ["COncRPC", "Mechanisms"], swiftSettings: strict),
    .target(
      name: "Harness",
      dependencies: ["CHwloc", "CLinux", "CNUMA", "Mechanisms", "Paths", "Trials"],
      swiftSettings: strict),
    .target(
      name: "Results",
      dependencies: [
        "CZlib", "Paths", "Trials",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "Comparison", dependencies: ["Paths", "Results", "Trials"], swiftSettings: strict),
    .target(
      name: "Reporting", dependencies: ["CLinux", "Comparison", "Paths", "Results", "Trials"],
      swiftSettings: strict),
    .executableTarget(
      name: "ipcbench",
      dependencies: [
        "CLinux", "Comparison", "Harness", "Mechanisms", "Paths", "Reporting", "Results",
        "RPCMechanisms", "Trials",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict, plugins: ["DependencyVersions"]),
    .plugin(name: "DependencyVersions", capability: .buildTool()),

    // No part of what ships: shows by simulation how often the gate is wrong.
    .executableTarget(
      name: "GateSimulation",
      dependencies: [
        "Comparison", "Results", "Trials",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Nor this: damages stored runs at random, and has every reader read them.
    .executableTarget(
      name: "ReadingFuzz",
      dependencies: [
        "Comparison", "Reporting", "Results", "Trials",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // What the tests of several modules need: no part of what ships either.
    .target(
      name: "TestSupport",
      dependencies: ["CLinux", "Harness", "Mechanisms", "Results", "RPCMechanisms", "Trials"],
      path: "Tests/TestSupport", swiftSettings: strict),

    .testTarget(name: "PathsTests", dependencies: ["Paths"], swiftSettings: strict),
    .testTarget(
      name: "TrialsTests", dependencies: ["Trials", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "MechanismsTests", dependencies: ["Mechanisms", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "HarnessTests", dependencies: ["Harness", "ipcbench", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ResultsTests",
      dependencies: [
        "Results", .product(name: "Histogram", package: "hdrhistogram-swift"), "TestSupport",
      ],
      resources: [.copy("Golden")], swiftSettings: strict),
    .testTarget(
      name: "ComparisonTests", dependencies: ["Comparison", "Results", "Trials", "TestSupport"],
      resources: [.copy("Golden")], swiftSettings: strict),
    .testTarget(
      name: "GateSimulationTests",
      dependencies: ["Comparison", "GateSimulation", "Results", "Trials"], swiftSettings: strict),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Comparison", "Reporting", "Results", "Trials", "TestSupport"],
      resources: [.copy("Golden")], swiftSettings: strict),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["Harness", "Mechanisms", "RPCMechanisms", "ipcbench", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests", dependencies: ["Harness", "ipcbench", "TestSupport"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
