import Glibc
import Testing

@testable import Mechanisms

/// One after the other: a sweep takes what another of these tests has put there.
@Suite(.serialized) struct LeftoversTests {
  /// No kernel gives a process such a number; pid_max is 4194304 at most.
  private static let deadProcess = Int32.max - 7
  /// What such a name has behind the number is this run's own: an earlier run may have been killed.
  private static let deadName = "ipcbench-\(deadProcess)-\(getpid())"

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func makeFile(_ path: String) throws {
    let number = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    try #require(number >= 0, "\(path): \(String(cString: strerror(errno)))")
    close(number)
  }

  private static func makeDirectory(_ path: String) throws {
    try #require(mkdir(path, 0o700) == 0, "\(path): \(String(cString: strerror(errno)))")
  }

  @Test func sharedMemoryOfADeadProcessIsRemoved() throws {
    let path = "/dev/shm/\(Self.deadName)-1"
    try Self.makeFile(path)
    defer { unlink(path) }
    Leftovers.sweep()
    #expect(!Self.exists(path))
  }

  @Test func directoriesOfADeadProcessAreRemovedWithTheirFIFOs() throws {
    let directory = "\(temporaryDirectory)/\(Self.deadName)-AbCdEf"
    let fifos = ["\(directory)/forth", "\(directory)/back"]
    try Self.makeDirectory(directory)
    defer {
      for path in fifos { unlink(path) }
      rmdir(directory)
    }
    for path in fifos { try #require(mkfifo(path, 0o600) == 0) }
    Leftovers.sweep()
    #expect(!Self.exists(directory))
  }

  /// Everybody may write to /tmp, and a link may bear any name.
  @Test func aLinkIsNotFollowed() throws {
    let target = "\(temporaryDirectory)/leftovers-tests-\(getpid())"
    let link = "\(temporaryDirectory)/\(Self.deadName)-link"
    try Self.makeDirectory(target)
    try #require(mkfifo("\(target)/forth", 0o600) == 0)
    try #require(symlink(target, link) == 0)
    defer {
      unlink(link)
      unlink("\(target)/forth")
      rmdir(target)
    }
    Leftovers.sweep()
    #expect(Self.exists("\(target)/forth"))
  }

  /// Only FIFOs are a driver's, whatever a file is called.
  @Test(arguments: ["forth", "thesis.tex"])
  func aForeignFileKeepsItsDirectory(_ name: String) throws {
    let directory = "\(temporaryDirectory)/\(Self.deadName)-foreign-\(name)"
    try Self.makeDirectory(directory)
    let path = "\(directory)/\(name)"
    try Self.makeFile(path)
    defer {
      unlink(path)
      rmdir(directory)
    }
    Leftovers.sweep()
    #expect(Self.exists(path))
  }

  /// Process 1 is always there, and often somebody else's.
  @Test(arguments: [1, getpid()])
  func whatALivingProcessOwnsStays(process: pid_t) throws {
    let path = "/dev/shm/ipcbench-\(process)-kept-by-\(getpid())"
    let directory = "\(temporaryDirectory)/ipcbench-\(process)-kept-by-\(getpid())"
    try Self.makeFile(path)
    defer { unlink(path) }
    try Self.makeDirectory(directory)
    defer { rmdir(directory) }
    Leftovers.sweep()
    #expect(Self.exists(path))
    #expect(Self.exists(directory))
  }

  @Test(arguments: ["ipcbench-results", "ipcbench-", "other-2147483640-1", "ipcbench2147483640"])
  func aNameWithoutAProcessNumberStays(name: String) throws {
    let path = "/dev/shm/\(name)\(getpid())x"
    try Self.makeFile(path)
    defer { unlink(path) }
    Leftovers.sweep()
    #expect(Self.exists(path))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
  func whatAnotherUserOwnsStays() throws {
    let path = "/dev/shm/\(Self.deadName)-2"
    try Self.makeFile(path)
    defer { unlink(path) }
    try #require(chown(path, 65_534, 65_534) == 0)
    Leftovers.sweep()
    #expect(Self.exists(path))
  }

  /// Directories of this size are read through several fills of the buffer, whose last record ends
  /// where the buffer does, or nearly.
  @Test func aLargeDirectoryIsSweptWhole() throws {
    let paths = (0..<2000).map { "/dev/shm/\(Self.deadName)-many-\($0)" }
    defer { for path in paths { unlink(path) } }
    for path in paths { try Self.makeFile(path) }
    Leftovers.sweep()
    #expect(paths.filter(Self.exists).isEmpty)
  }

  @Test func everyNameIsNewAndCarriesTheProcessNumber() {
    let names = (0..<10).map { _ in Leftovers.nextSharedMemoryName() }
    #expect(Set(names).count == 10)
    #expect(names.allSatisfy { $0.hasPrefix("/ipcbench-\(getpid())-") })
    let directories = (0..<10).map { _ in Leftovers.nextDirectoryName() }
    #expect(Set(directories).count == 10)
    #expect(directories.allSatisfy { $0.hasPrefix("ipcbench-\(getpid())-") })
  }
}

/// Where FIFOs are made.
var temporaryDirectory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
