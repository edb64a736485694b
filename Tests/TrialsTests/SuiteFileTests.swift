import Glibc
import Testing

@testable import Trials

private let knownMechanisms = [
  "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "shm-plain", "onc-rpc-unix", "onc-rpc-tcp",
]

/// The folder of this repository that holds the suites, found from where this file lies.
private func benchmarksFolder(thisFile: String = #filePath) -> String {
  thisFile.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Benchmarks"
}

/// The text of one of the repository's own suites.
func suiteText(_ name: String) throws -> String {
  let file = try #require(fopen("\(benchmarksFolder())/\(name).yaml", "r"))
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 64 << 10)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

@Suite struct BenchmarkSuiteTests {
  private func load(_ name: String) throws -> Suite {
    try Suite.load(
      path: "\(benchmarksFolder())/\(name).yaml", mechanisms: knownMechanisms,
      metrics: Array(Self.thresholdsOfCI.keys))
  }

  /// As on the machines this is developed on: two cores, RPC sleeps in its read.
  private func matrix(_ suite: Suite) throws -> TrialMatrix {
    let axes = suite.axes(allMechanisms: knownMechanisms) { choice in
      switch choice {
      case .named(.sameCore): [CorePair(placement: .sameCore, producer: 0, consumer: 0)]
      case .standard: [CorePair(placement: .sameL3, producer: 0, consumer: 1)]
      default: []
      }
    }
    return try TrialMatrix(
      crossing: axes,
      capabilities: knownMechanisms.map { name in
        Capabilities(
          name: name, waits: name.hasPrefix("onc-rpc") ? [.block] : WaitPolicy.allCases,
          dataPaths: name == "shm-ring" ? DataPath.allCases : [.copy])
      })
  }

  /// Configurations, seconds, and what is left out on purpose.
  static let expected: [(String, Int, ClosedRange<UInt64>, Set<String>)] = [
    ("quick", 84, 30...50, []), ("full", 880, (18 * 60)...(25 * 60), []),
    ("ci", 48, 60...120, ["shm-plain"]),
    ("tradeoff", 704, (8 * 60)...(10 * 60), ["fifo"]),
  ]

  static let thresholdsOfCI = ["latency_p50_ns": 0.05, "throughput_messages_per_s": 0.05]

  /// The numbers are those that the comments in the files give.
  @Test(arguments: expected)
  func staysWithinItsTime(
    name: String, configurations: Int, seconds: ClosedRange<UInt64>, leftOut: Set<String>
  ) throws {
    let suite = try load(name)
    #expect(suite.name == name)
    #expect(!suite.description.isEmpty)
    #expect(suite.trials >= 6, "fewer trials give no interval")
    #expect(suite.thresholds == (name == "ci" ? Self.thresholdsOfCI : [:]))
    let matrix = try matrix(suite)
    #expect(matrix.exclusions.isEmpty)
    #expect(matrix.configurations.count == configurations)
    let nanoseconds = try #require(
      matrix.estimatedNanoseconds(blocks: suite.trials, limits: suite.limits))
    #expect(seconds.contains(nanoseconds / 1_000_000_000))
    let trials = try matrix.trials(blocks: suite.trials, limits: suite.limits, seed: 1)
    #expect(trials.count == configurations * suite.trials)
    #expect(
      Set(matrix.configurations.map(\.mechanism)) == Set(knownMechanisms).subtracting(leftOut))
  }
}

@Suite struct SuiteFileTests {
  private func load(_ path: String) throws -> Suite {
    try Suite.load(path: path, mechanisms: [], metrics: [])
  }

  @Test func aMissingFileIsSaidToBeMissing() {
    for path in ["/nonexistent/a.yaml", "/etc/passwd/a.yaml"] {
      let error = #expect(throws: SuiteError.self) { try load(path) }
      #expect(error?.exitCode == 66)
      #expect(
        error?.description
          == "\(path): no such suite file; give the path of a suite file, or the name of one in "
          + "Benchmarks/")
    }
  }

  @Test func aFolderIsNoSuite() {
    let error = #expect(throws: SuiteError.self) { try load("/tmp") }
    #expect(error?.exitCode == 66)
    #expect(
      error?.description
        == "/tmp: is a folder, not a file; give the path of a suite file, or the name of one in Benchmarks/"
    )
  }

  /// Root may read everything, and then there is nothing to test.
  @Test(.enabled(if: geteuid() != 0))
  func aFileWithoutPermissionIsUnreadable() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("name: a".utf8), to: "closed.yaml")
    chmod(path, 0)
    let error = #expect(throws: SuiteError.self) { try load(path) }
    #expect(error?.exitCode == 77)
    #expect(
      error?.description
        == "\(path): no permission to read it; check its owner and mode, and those of the folders above "
        + "(namei -l)")
  }

  @Test func aMalformedFileNamesItsPath() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("nam: a".utf8), to: "bad.yaml")
    let error = #expect(throws: SuiteError.self) { try load(path) }
    #expect(error?.exitCode == 65)
    #expect(error?.description.hasPrefix("\(path):1:1: unknown key 'nam'") == true)
  }

  @Test func onlyTextOfAReasonableSizeIsASuite() throws {
    let folder = try TemporaryFolder()
    let binary = try folder.write([0x6E, 0xFF, 0xFE], to: "binary.yaml")
    let error = #expect(throws: SuiteError.self) { try load(binary) }
    #expect(error?.exitCode == 65)
    #expect(error?.description == "\(binary): not UTF-8 text; save the suite file as UTF-8")

    let endless = #expect(throws: SuiteError.self) { try load("/dev/zero") }
    #expect(endless?.exitCode == 65)
    #expect(
      endless?.description == "/dev/zero: larger than 256KiB, the most a suite may hold; "
        + "give a suite file such as Benchmarks/quick.yaml")
  }
}
