import Foundation
import Testing

extension AtTheCommandLine {
  @Suite struct ExportTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    @Test func aRunForBenchstat() throws {
      try HandMadeRun(blocks: 6).write(to: "run", in: session)
      let export = try session.ipcbench("export", "run", "--format", "go")
      #expect(export.exitCode == 0, "\(export.errors)")
      let lines = export.output.split(separator: "\n")
      // Values are told apart by tabs, which are no text to be escaped here.
      let trials = lines.filter { $0.hasPrefix("BenchmarkIpcbench/") }
      #expect(trials.count == 6 * 14)
      #expect(trials.allSatisfy { $0.contains("\t") && !$0.contains(#"\t"#) })
      #expect(lines.contains("goos: linux"))
      #expect(lines.contains("kernel: 6.12.0"))
    }

    @Test func aRunForBencher() throws {
      try HandMadeRun(blocks: 6).write(to: "run", in: session)
      let export = try session.ipcbench("export", "run", "--format", "bencher")
      let object = try jsonObject(export.output)
      #expect(object.count == 14)
      let name = "pattern=stream/mechanism=tcp/wait=block/placement=same-core/cpus=0+0/payload=64"
      let measures = try #require(object[name] as? [String: [String: Double]])
      let rate = try #require(measures["throughput"])
      #expect(rate["lower_value"].map { $0 <= rate["value"] ?? 0 } == true)
      #expect(rate["upper_value"].map { $0 >= rate["value"] ?? 0 } == true)
    }

    @Test func aRunForGitHubActionBenchmark() throws {
      try HandMadeRun(blocks: 6).write(to: "run", in: session)
      let export = try session.ipcbench("export", "run", "--format", "github-action-benchmark")
      let entries = try jsonArray(export.output)
      #expect(entries.count == 14)
      #expect(Set(entries.compactMap { $0["name"] as? String }).count == 14)
      #expect(entries.allSatisfy { $0["value"] as? Double ?? 0 > 90_000 })
    }

    @Test func aBareTableWillDo() throws {
      try HandMadeRun(blocks: 6).write(to: "run", in: session)
      let export = try session.ipcbench("export", "run/trials.csv", "--format", "go")
      #expect(export.exitCode == 0, "\(export.errors)")
      #expect(!export.output.contains("goos:"))
    }

    @Test func slipsAreRefused() throws {
      expectRefusal(
        try session.ipcbench("export", "nowhere", "--format", "go"), 66, naming: "nowhere")
      try session.write("a,b\n1,2\n", to: "wrong.csv")
      expectRefusal(
        try session.ipcbench("export", "wrong.csv", "--format", "bencher"), 65, naming: "wrong.csv")
      expectRefusal(
        try session.ipcbench("export", "wrong.csv", "--format", "benchstat"), 64,
        naming: "'benchstat'", "go, bencher")
    }
  }
}
