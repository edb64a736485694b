import Foundation
import Glibc
import Testing
import Trials

@testable import Harness

@Suite(.leavesNothing) struct IdlePolicyTests {
  private static let device = "/dev/cpu_dma_latency"
  private static let driver = "/sys/devices/system/cpu/cpuidle/current_driver"

  /// What this process has open of the tree, with whether a program that it starts would get it.
  private func openFiles(below root: String) throws -> [(path: String, isInherited: Bool)] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
      guard let number = Int32(name),
        let path = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/\(name)"), path.hasPrefix(root)
      else { return nil }
      return (path, fcntl(number, F_GETFD) & FD_CLOEXEC == 0)
    }
  }

  @Test func aRequestOfZeroMicrosecondsIsWrittenAndHeldOpen() throws {
    try FixtureTree.with([Self.device: "", Self.driver: "haltpoll\n"]) { tree in
      let device = tree.root + Self.device
      do {
        let held = try HeldIdlePolicy.hold(.poll, root: tree.root)
        let open = try openFiles(below: tree.root)
        #expect(open.map(\.path) == [device])
        #expect(open.allSatisfy { !$0.isInherited })
        _ = consume held
      }
      #expect(try openFiles(below: tree.root).isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: device)) == Data([0, 0, 0, 0]))
    }
  }

  @Test func aHostThatIdlesByItselfIsLeftAlone() throws {
    try FixtureTree.with([Self.device: ""]) { tree in
      let held = try HeldIdlePolicy.hold(.standard, root: tree.root)
      #expect(try openFiles(below: tree.root).isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: tree.root + Self.device)).isEmpty)
      _ = consume held
    }
  }

  private func expectRefusal(
    _ exitCode: Int32, _ files: [String: String], saying words: String...
  ) throws {
    try FixtureTree.with(files) { tree throws in
      let error = #expect(throws: IdlePolicyError.self) {
        _ = try HeldIdlePolicy.hold(.poll, root: tree.root)
      }
      #expect(error?.exitCode == exitCode)
      let text = error?.description ?? ""
      for word in words { #expect(text.contains(word), "\(text)") }
      #expect(!text.contains("\n"))
      #expect(try openFiles(below: tree.root).isEmpty)
    }
  }

  @Test func withoutTheDeviceItIsNotAvailable() throws {
    try expectRefusal(69, [:], saying: Self.device, "docker run --device", "--idle-policy")
  }

  @Test func withoutADriverTheRequestWouldBeIdle() throws {
    try expectRefusal(
      69, [Self.device: "", Self.driver: "none\n"], saying: "no cpuidle driver", "idle=poll")
  }

  @Test func aDeviceThatCannotBeWrittenSaysWhy() throws {
    // A directory in its place, which not even root may open for writing.
    try expectRefusal(
      69, ["\(Self.device)/file": ""], saying: Self.device, "is a folder")
  }

  @Test func withoutPermissionTheRemedyIsACommand() {
    let error = IdlePolicyError.opening(EACCES)
    #expect(error.exitCode == 77)
    for word in ["sudo chmod o+w \(Self.device)", "run with sudo"] {
      #expect(error.description.contains(word))
    }
  }
}
