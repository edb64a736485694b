import Foundation
import Testing

extension AtTheCommandLine {
  @Suite struct AnswerTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    /// The quick run that is committed; two cores, five mechanisms and two calls at three sizes.
    private static let quickRun: String = {
      let results = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../results").standardized.path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: results)) ?? []
      let suites = ["-tradeoff", "-load", "-full"]
      let quick = names.sorted().last { name in
        name.hasPrefix("reference-") && !suites.contains(where: name.hasSuffix)
      }
      return "\(results)/\(quick ?? "reference")"
    }()

    // MARK: - answer

    @Test func aStoredRunIsAnsweredInSentences() throws {
      let answer = try session.ipcbench("answer", Self.quickRun)
      #expect(answer.exitCode == 0, "\(answer.errors)")
      #expect(answer.errors == "")
      for words in [
        "Shared memory or message passing", "Where the time of a round trip goes",
        "“Sockets cost more than pipes”:", "Not measured here: wait adaptive, touch full",
      ] {
        #expect(answer.output.contains(words), "\(words)")
      }
      #expect(answer.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test func detailsHaveTheRows() throws {
      let answer = try session.ipcbench(
        "answer", Self.quickRun, "--details", "--format", "markdown")
      #expect(answer.exitCode == 0, "\(answer.errors)")
      #expect(answer.output.contains("| touch | shared memory | payload |"))
      #expect(answer.output.contains("| where | payload | subject |"))
    }

    @Test func aBareFileIsEnough() throws {
      let answer = try session.ipcbench("answer", "\(Self.quickRun)/trials.csv")
      #expect(answer.exitCode == 0, "\(answer.errors)")
      #expect(answer.output.contains("This run has no floors"))
    }

    // MARK: - recommend

    @Test func aRecommendationOfTheCommittedRun() throws {
      let text = try session.ipcbench(
        "recommend", Self.quickRun, "--payload", "4KiB", "--rate", "5k/s", "--cpu-budget", "50%",
        "--format", "json")
      #expect(text.exitCode == 0, "\(text.errors)")
      let json = try jsonObject(text.output)
      let choices = try #require(json["choices"] as? [[String: Any]])
      #expect(!choices.isEmpty)
      // At half a core a side nobody spins.
      #expect(choices.allSatisfy { $0["wait"] as? String == "block" })
      #expect(choices.allSatisfy { ($0["producer_load"] as? Double ?? 1) <= 0.5 })
      let excluded = try #require(json["excluded"] as? [[String: Any]])
      // Two rings, pipe, fifo, unix-stream and tcp.
      #expect(excluded.filter { $0["wait"] as? String == "spin" }.count == 6)
    }

    @Test func aTableOfTheCommittedRun() throws {
      let table = try session.ipcbench(
        "recommend", Self.quickRun, "--payload", "64", "--optimise", "throughput")
      #expect(table.exitCode == 0, "\(table.errors)")
      #expect(table.output.hasPrefix("For 64 B messages, highest rate first (run "))
      #expect(table.output.contains("\n1. "))
    }

    // MARK: - Refusals

    @Test(arguments: [["answer", "gone"], ["recommend", "gone", "--payload", "64"]])
    func aRunThatIsNotThere(_ arguments: [String]) throws {
      expectRefusal(
        try session.command([UserSession.ipcbench] + arguments), 66, naming: "gone", "give a run")
    }

    @Test(arguments: [["answer", "bad.csv"], ["recommend", "bad.csv", "--payload", "64"]])
    func aFileThatIsNoRun(_ arguments: [String]) throws {
      try session.write("a,b\n1,2\n", to: "bad.csv")
      expectRefusal(
        try session.command([UserSession.ipcbench] + arguments), 65, naming: "bad.csv")
    }

    @Test(
      arguments: [
        (["--payload", "1GiB"], "outside of what the run measured"),
        (["--payload", "x"], "--payload"),
        (["--payload", "64", "--rate", "50%"], "share of a peak"),
        (["--payload", "64", "--cpu-budget", "20%"], "--rate"),
        (["--payload", "64", "--touch", "full"], "--touch full"),
        (["--payload", "64", "--optimise", "laten"], "latency"),
        ([], "--payload"),
      ])
    func whatCannotBeAskedFor(_ arguments: [String], _ word: String) throws {
      expectRefusal(
        try session.command([UserSession.ipcbench, "recommend", Self.quickRun] + arguments), 64,
        naming: word)
    }
  }
}
