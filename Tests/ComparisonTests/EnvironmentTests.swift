import Testing
import Trials

@testable import Comparison
@testable import Results

@Suite struct EnvironmentTests {
  private let values = ascending(from: 1000)

  private func compared(
    _ base: RunDescription?, _ head: RunDescription?, isForced: Bool = false
  ) -> Comparison {
    Comparison(
      run([configuration("pipe"): values], base), run([configuration("pipe"): values], head),
      ComparisonRules(isForced: isForced))
  }

  @Test func whatIsTheSameIsComparable() {
    let comparison = compared(description(), description())
    #expect(comparison.differences == [])
    #expect(comparison.rows.allSatisfy { $0.verdict == .same })
    #expect(comparison.notes == [])
  }

  private static let decisive: [(String, @Sendable (inout RunDescription) -> Void)] = [
    ("architecture", { $0.host.architecture = "aarch64" }),
    ("cpu_model", { $0.host.cpuModel = "Another CPU" }),
    ("logical_cpus", { $0.host.logicalCPUs = 64 }),
    ("virtualization", { $0.host.virtualization = nil }),
    ("smt_active", { $0.host.smtActive = nil }),
    ("kernel_release", { $0.host.kernelRelease = "6.13.0" }),
    ("mitigations", { $0.host.mitigations["retbleed"] = "Vulnerable" }),
    ("clock_source", { $0.host.clockSource = "hpet" }),
    ("frequency_governor", { $0.host.frequencyGovernor = "powersave" }),
    ("idle_driver", { $0.host.idleDriver = nil }),
    ("idle_governor", { $0.host.idleGovernor = "teo" }),
    ("transparent_huge_pages", { $0.host.transparentHugePages = "always" }),
    ("tcp_congestion_control", { $0.host.tcpCongestionControl = "bbr" }),
    ("build_mode", { $0.build.mode = "debug" }),
  ]

  @Test(arguments: decisive.indices)
  func aDecisiveDifferenceForbidsEveryVerdict(_ place: Int) {
    let (name, change) = Self.decisive[place]
    let other = description(change)
    let comparison = compared(description(), other)
    #expect(comparison.differences.map(\.name) == [name])
    #expect(comparison.differences.allSatisfy { $0.isDecisive && $0.base != $0.head })
    for row in comparison.rows {
      #expect(row.verdict == .notComparable)
      #expect(row.reason == "\(name) differs")
      #expect(row.effect?.interval != nil)
    }
    #expect(comparison.notes.contains { $0.contains("--force") })
    let forced = compared(description(), other, isForced: true)
    #expect(forced.rows.allSatisfy { $0.verdict == .same })
    #expect(forced.differences == comparison.differences)
    #expect(forced.notes.contains { $0.contains("by --force although \(name)") })
  }

  private static let incidental: [(String, @Sendable (inout RunDescription) -> Void)] = [
    ("host_name", { $0.host.hostName = "oak" }), ("numa_nodes", { $0.host.numaNodes = [0, 1] }),
    ("allowed_cpus", { $0.host.allowedCPUs = [1] }),
    ("memory_bytes", { $0.host.memoryBytes = 1 << 30 }),
    ("kernel_version", { $0.host.kernelVersion = "#2 SMP" }),
    ("operating_system", { $0.host.operatingSystem = "Debian GNU/Linux 14" }),
    ("limits", { $0.host.limits["net.core.wmem_max"] = "1" }),
    ("load_average", { $0.host.loadAverage = "2.00 0.00 0.00 1/100 7" }),
    ("build_version", { $0.build.version = "2.0.0" }), ("build_commit", { $0.build.commit = nil }),
    ("build_compiler", { $0.build.compiler = "Swift 6.4" }), ("suite", { $0.suite = "ci" }),
    ("trial_length", { $0.commandLine += ["--duration", "5ms"] }),
    ("trial_length", { $0.commandLine += ["--messages=100"] }),
    ("interrupted", { $0.interrupted = false }),
    ("grade", { $0.condition = HostCondition([]) }),
  ]

  @Test(arguments: incidental.indices)
  func anIncidentalDifferenceIsNamedAndForbidsNothing(_ place: Int) {
    let (name, change) = Self.incidental[place]
    let comparison = compared(description(), description(change))
    #expect(comparison.differences.map(\.name) == [name])
    #expect(comparison.differences.allSatisfy { !$0.isDecisive })
    #expect(comparison.rows.allSatisfy { $0.verdict == .same })
  }

  @Test func whatVariesByItselfIsNoDifference() {
    let comparison = compared(
      description(),
      description { other in
        other.host.loadAverage = "0.10 0.30 0.20 3/200 4567"
        other.host.mitigations["a_newer_one"] = "Not affected"
        other.seed = Seed(8)
        other.commandLine = ["/elsewhere/ipcbench", "run", "--quiet"]
      })
    #expect(comparison.differences == [])
  }

  @Test func decisiveDifferencesComeFirst() {
    let comparison = compared(
      description(),
      description { other in
        other.host.hostName = "oak"
        other.build.mode = "debug"
        other.host.cpuModel = "Another CPU"
      })
    #expect(comparison.differences.map(\.name) == ["cpu_model", "build_mode", "host_name"])
    #expect(comparison.rows.first?.reason == "cpu_model and 1 more differ")
  }

  @Test func theIdlePolicyIsThatOfTheTrials() throws {
    var polled = StoredRun()
    for block in 1...10 {
      var record = trial(configuration("pipe"), block: block, values[block - 1])
      record.idlePolicy = .poll
      polled.add(record)
    }
    let comparison = Comparison(run([configuration("pipe"): values]), polled, ComparisonRules())
    let difference = try #require(comparison.differences.first)
    #expect(difference.name == "idle_policy")
    #expect([difference.base, difference.head] == ["default", "poll"])
    #expect(comparison.rows.allSatisfy { $0.verdict == .notComparable })
  }

  @Test func aRunWithoutTrialsHasNoIdlePolicy() {
    let comparison = Comparison(run([configuration("pipe"): values]), StoredRun())
    #expect(comparison.differences == [])
  }

  @Test func aMissingDescriptionIsADifference() {
    let sides: [(RunDescription?, RunDescription?)] = [(description(), nil), (nil, description())]
    for (base, head) in sides {
      let comparison = compared(base, head)
      #expect(comparison.differences.map(\.name) == ["run.json"])
      #expect(comparison.rows.allSatisfy { $0.verdict == .notComparable })
      #expect(comparison.rows.first?.reason == "the environment of one side is unknown")
      let forced = compared(base, head, isForced: true)
      #expect(forced.rows.allSatisfy { $0.verdict == .same })
    }
  }

  @Test func twoMissingDescriptionsAreComparedAndMentioned() {
    let comparison = compared(nil, nil)
    #expect(comparison.differences == [])
    #expect(comparison.rows.allSatisfy { $0.verdict == .same })
    #expect(comparison.notes.contains { $0.hasPrefix("Neither side has a run.json") })
  }
}
