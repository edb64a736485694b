import Foundation
import Testing

@testable import Results

@Suite struct AppendOnlyFileTests {
  /// The disk takes `capacity` bytes and not one more, as a full file system does: first a short
  /// write, then ENOSPC.
  private func fileOnFullDisk(_ path: String, capacity: Int) -> AppendOnlyFile {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    return AppendOnlyFile(path: path, adopting: descriptor) { descriptor, bytes, count in
      let room = capacity - Int(lseek(descriptor, 0, SEEK_END))
      guard room > 0 else {
        errno = ENOSPC
        return -1
      }
      return write(descriptor, bytes, min(count, room))
    }
  }

  @Test func aFullDiskKeepsTheWholeLinesAndNothingElse() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/lines"
      var file = fileOnFullDisk(path, capacity: 20)
      try file.append("first\n")
      try file.append("second\n")
      do throws(ResultsError) {
        try file.append("third, and too long\n")
        Issue.record("nothing was thrown")
      } catch {
        #expect(error.exitCode == 74)
        #expect(error.message.contains(path))
        #expect(error.message.contains("free space"))
      }
      #expect(try contents(path) == "first\nsecond\n")
      // What fits is still taken: the file ended at a line's end.
      try file.append("4\n")
      #expect(try contents(path) == "first\nsecond\n4\n")
    }
  }

  /// The kernel's own ENOSPC, which no test's closure imitates.
  @Test func aFullDeviceIsAnInputOutputError() {
    let descriptor = open("/dev/full", O_WRONLY | O_APPEND | O_CLOEXEC)
    var file = AppendOnlyFile(path: "/dev/full", adopting: descriptor)
    do throws(ResultsError) {
      try file.append("line\n")
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.kind == .inputOutput)
      #expect(error.message.contains("No space left on device"))
    }
    #expect(file.wholeBytes == 0)
  }

  @Test func shortWritesAndInterruptionsAreCarriedOn() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/lines"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      var file = AppendOnlyFile(path: path, adopting: descriptor) { descriptor, bytes, count in
        // Every odd number of remaining bytes is interrupted once: one byte went before it.
        if count % 3 == 0, errno != EINTR {
          errno = EINTR
          return -1
        }
        errno = 0
        return write(descriptor, bytes, 1)
      }
      try file.append("a whole line\n")
      #expect(try contents(path) == "a whole line\n")
    }
  }

  @Test func aFileIsReplacedAtOnceOrNotAtAll() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try replaceFile(path, with: "one")
      try replaceFile(path, with: "two")
      #expect(try contents(path) == "two")
      try FileManager.default.createDirectory(
        atPath: "\(folder)/taken/inside", withIntermediateDirectories: true)
      expectError(.cannotCreate, saying: "\(folder)/taken") {
        try replaceFile("\(folder)/taken", with: "three")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["file", "taken"])
    }
  }
}
