import Foundation
import Glibc
import Testing

@testable import Results

/// What is no file is said to be none, and nothing is waited for.
@Suite struct RegularFileTests {
  @Test(
    arguments: ["trials.csv", "run.json", "histograms.hlog"],
    ["FIFO", "socket", "device", "folder"])
  func whatIsNoFileIsRefusedAtOnce(_ name: String, _ kind: String) throws {
    try withTemporaryFolder { folder in
      let lines = recordsOfEveryKind().map { CSV.line($0, TrialRecord.columns) }
      try write(CSV.header(TrialRecord.columns) + lines.joined(), to: "\(folder)/trials.csv")
      let path = "\(folder)/\(name)"
      unlink(path)
      switch kind {
      case "FIFO": try #require(mkfifo(path, 0o600) == 0)
      case "socket": try makeSocket(path)
      case "device": try #require(symlink("/dev/zero", path) == 0)
      default: try #require(mkdir(path, 0o700) == 0)
      }
      let said = ["FIFO": "a pipe (FIFO)", "device": "a character device"][kind] ?? "a \(kind)"
      expectError(.malformed, saying: "\(path): is \(said)") { _ = try Summary.read(from: folder) }
    }
  }

  private func makeSocket(_ path: String) throws {
    let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
  }

  @Test func nothingUnboundedIsRead() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/large"
      try write("", to: path)
      try #require(truncate(path, 3 << 20) == 0)
      #expect(try RegularFile.contents(path, mostBytes: 3 << 20).count == 3 << 20)
      expectError(.malformed, saying: "\(path): larger than 2 MiB") {
        _ = try RegularFile.contents(path, mostBytes: 2 << 20)
      }
      // One row of many fields, none of them too long.
      let fields = Array(repeating: String(repeating: "x", count: 1 << 19), count: 20)
      try write(fields.joined(separator: ","), to: "\(folder)/trials.csv")
      expectError(.malformed, saying: "trials.csv:1: a row is longer than 4 MiB") {
        _ = try StoredRun.read(from: folder)
      }
    }
  }

  @Test(arguments: [(";", "semicolons"), ("\t", "tabs")])
  func otherSeparatorsAreNamed(_ separator: String, _ name: String) throws {
    try withTemporaryFolder { folder in
      let text = CSV.header(TrialRecord.columns).replacing(",", with: separator)
      try write(text, to: "\(folder)/trials.csv")
      expectError(
        .malformed, saying: "trials.csv:1: the fields are separated by \(name)", "commas"
      ) {
        _ = try StoredRun.read(from: folder)
      }
    }
  }
}
