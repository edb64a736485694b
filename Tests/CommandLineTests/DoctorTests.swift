import Foundation
import Harness
import Testing
import Trials

extension AtTheCommandLine {
  @Suite struct DoctorTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    @Test func theTableShowsTopologyClockFindingsAndGrade() throws {
      let doctor = try session.ipcbench("doctor")
      #expect(doctor.exitCode == 0)
      #expect(doctor.errors == "")
      let sections = doctor.output.split(separator: "\n\n").compactMap {
        $0.split(separator: "\n").first?.split(separator: " ").first
      }
      #expect(sections == ["Host", "Topology", "Clock", "Findings", "Grade"])
      for placement in Placement.allCases {
        #expect(doctor.output.contains("  \(placement.rawValue) "), "\(placement)")
      }
      #expect(doctor.output.contains("(the default)"))
      for grade in Grade.allCases {
        #expect(doctor.output.contains("  \(grade.rawValue): \(grade.rule)\n"))
      }
      // It only looks.
      #expect(session.names(in: ".") == ["tmp"])
    }

    @Test func onlyCommandsAreWiderThanAHundredColumns() throws {
      let lines = try session.ipcbench("doctor").output.split(separator: "\n")
      for line in lines where !line.drop(while: { $0 == " " }).hasPrefix("$ ") {
        #expect(line.count <= 100, "\(line)")
      }
      #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
    }

    @Test func theJSONHasWhatTheTableShows() throws {
      let doctor = try session.ipcbench("doctor", "--format", "json")
      #expect(doctor.exitCode == 0)
      let report = try jsonObject(doctor.output)
      let findings = try #require(report["findings"] as? [[String: Any]])
      let severities = findings.compactMap {
        ($0["severity"] as? String).flatMap(Finding.Severity.init)
      }
      #expect(severities.count == findings.count)
      for finding in findings {
        for key in ["id", "found", "why"] { #expect(finding[key] is String, "\(finding)") }
      }
      let readAgain = zip(findings, severities).map { finding, severity in
        Finding(finding["id"] as? String ?? "", severity, "", why: "")
      }
      #expect(report["grade"] as? String == Grade(readAgain).rawValue)
      #expect((report["rules"] as? [String: String])?.count == Grade.allCases.count)
      #expect((report["clock"] as? [String: Any])?["read_cost_ns"] is Double)

      let topology = try #require(report["topology"] as? [String: Any])
      let offered = try #require(topology["placements"] as? [[String: Any]])
      let missing = try #require(topology["not_offered"] as? [[String: String]])
      #expect(offered.count + missing.count == Placement.allCases.count)
      let here = try CPUTopology.thisMachine()
      #expect(
        offered.compactMap { $0["placement"] as? String }
          == here.availablePlacements.map(\.rawValue))
      #expect(missing.allSatisfy { $0["reason"]?.isEmpty == false })
      #expect(topology["allowed_cpus"] as? [Int] == here.allowedCPUs)
    }

    @Test func aRunCarriesTheGradeAndWhatLedToIt() throws {
      let run = try session.run(UserSession.oneTrial + ["--output", "run"])
      let doctor = try #require(try session.json("run/run.json")["doctor"] as? [String: Any])
      let grade = try #require(doctor["grade"] as? String)
      #expect(run.output.contains("\nHost grade \(grade): 'ipcbench doctor' says why\n"))
      let findings = try #require(doctor["findings"] as? [[String: Any]])
      #expect(findings.contains { $0["id"] as? String == "cores" && $0["found"] is String })
    }

    @Test(.enabled(if: UserSession.canRun("taskset", "-c", "0", "true"), "CPU 0 is not allowed"))
    func aProcessOnOneCPUIsToldSo() throws {
      let doctor = try session.command(["taskset", "-c", "0", UserSession.ipcbench, "doctor"])
      #expect(doctor.exitCode == 0)
      #expect(doctor.output.contains("problem  cores: this process may use 1 CPU (0) on 1 core"))
    }

    @Test func anotherMachinesTopologyIsRefused() throws {
      let doctor = try session.command([
        "env", "HWLOC_SYNTHETIC=pack:2 core:2 pu:1", UserSession.ipcbench, "doctor",
      ])
      expectRefusal(doctor, 69, naming: "HWLOC_SYNTHETIC")
    }

    @Test func slipsAreRefused() throws {
      expectRefusal(
        try session.ipcbench("doctor", "--format", "tabel"), 64, naming: "--format", "'tabel'",
        "mean 'table'?")
      expectRefusal(try session.ipcbench("doctr"), 64, naming: "'doctr'", "mean 'doctor'?")
      expectRefusal(
        try session.ipcbench("doctor", "extra"), 64, naming: "'extra'", "ipcbench doctor --help")
    }
  }
}
