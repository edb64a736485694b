import Foundation
import Glibc
import Testing
import Trials

@testable import Harness

extension AtTheCommandLine {
  @Suite struct SelfTestTests {
    let session: UserSession

    private static let checks =
      (try? CPUTopology.thisMachine()).map { SelfTestCheck.all(on: $0.nearestDistinctCores()) }
      ?? []

    init() throws { session = try UserSession() }

    @Test func everyFaultIsNoticedAndNothingIsLeft() throws {
      let test = try session.ipcbench("selftest")
      #expect(test.exitCode == 0, "\(test.errors)")
      #expect(test.errors == "")
      let lines = test.output.split(separator: "\n")
      #expect(lines.count == Self.checks.count + 2)
      #expect(lines.first?.hasPrefix("verdict  trial ") == true)
      for (line, check) in zip(lines.dropFirst(), Self.checks) {
        #expect(line.hasPrefix(check.injection.isFault ? "noticed " : "ok "), "\(line)")
        #expect(line.contains(" \(check.injection)  "), "\(line)")
        #expect(line.contains(" \(check.expected)  "), "\(line)")
      }
      let faults = Self.checks.count { $0.injection.isFault }
      #expect(lines.last?.hasPrefix("\(faults) of \(faults) injected faults noticed, ") == true)
      #expect(session.names(in: ".") == ["tmp"])
      #expect(try session.leftProcesses() == [])
      #expect(try session.leftObjects() == [])
    }

    @Test func theJSONHasWhatTheTableShows() throws {
      let test = try session.ipcbench("selftest", "--format", "json")
      #expect(test.exitCode == 0, "\(test.errors)")
      let report = try jsonObject(test.output)
      let checks = try #require(report["checks"] as? [[String: Any]])
      #expect(checks.count == Self.checks.count)
      for (found, check) in zip(checks, Self.checks) {
        #expect(found["injected"] as? String == check.injection.description)
        #expect(found["expected"] as? String == check.expected.description)
        #expect(found["trial"] as? String == check.shape.rawValue)
        #expect(found["verdict"] as? String == (check.injection.isFault ? "noticed" : "ok"))
        #expect(found["status"] is String && found["error"] is String)
        #expect((found["left_behind"] as? [String])?.isEmpty == true)
      }
      #expect(report["passed"] as? Bool == true)
      #expect(report["injected_faults"] as? Int == report["noticed_faults"] as? Int)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func anInterruptEndsIt(signal: Int32) throws {
      let test = try session.start([UserSession.ipcbench, "selftest"])
      // Its workers show that it is under way.
      try test.wait(for: "a worker") { try session.processes().count > 1 }
      test.send(signal)
      let ended = try test.finish()
      #expect(ended.exitCode == 130, "signal \(ended.signal ?? 0): \(ended.errors)")
      #expect(
        ended.errors.wholeMatch(of: /ipcbench: interrupted: \d+ of \d+ checks were made\n/) != nil,
        "\(ended.errors)")
      #expect(!ended.output.contains("injected faults noticed"))
      #expect(try session.leftProcesses() == [])
    }

    @Test func slipsAreRefused() throws {
      expectRefusal(
        try session.ipcbench("selftest", "--format", "jsn"), 64, naming: "--format", "'jsn'",
        "mean 'json'?")
      expectRefusal(
        try session.ipcbench("self-test"), 64, naming: "'self-test'", "mean 'selftest'?")
      expectRefusal(
        try session.ipcbench("selftest", "extra"), 64, naming: "'extra'",
        "ipcbench selftest --help")
    }
  }
}
