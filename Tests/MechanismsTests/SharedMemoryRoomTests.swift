import Glibc
import Testing
import Trials

@testable import Mechanisms

@Suite struct SharedMemoryRoomTests {
  @Test func whatIsNeededAndFreeIsSaidWithTheCommand() {
    let room = SharedMemoryRoom(freeBytes: 16 << 10, totalBytes: 64 << 20)
    #expect(room.shortage(of: 16 << 10) == nil)
    #expect(
      room.shortage(of: (16 << 10) + 1)
        == "/dev/shm has 16KiB of 64MiB free and 16385B are needed; lower --buffer, or make it larger: "
        + "sudo mount -o remount,size=256m /dev/shm (containers: --shm-size)")
    #expect(SharedMemoryRoom.enlargement(for: 1 << 30).contains("size=2049m"))
    #expect(SharedMemoryRoom.enlargement(for: .max).contains("size="))
  }

  /// Every page is there, or, where workers are to take them from their own nodes, none.
  @Test(arguments: [true, false])
  func anObjectIsAsLargeAsAskedFor(keepingPages: Bool) throws {
    let name = Leftovers.nextSharedMemoryName()
    let object = OwnedDescriptor(adopting: shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600))
    try #require(object.number >= 0)
    shm_unlink(name)
    try reserve(object, byteCount: 40_000, while: "testing", keepingPages: keepingPages)
    var status = stat()
    try #require(fstat(object.number, &status) == 0)
    #expect(status.st_size == 40_000)
    #expect(status.st_blocks * 512 >= 40_000 || !keepingPages)
    #expect(status.st_blocks == 0 || keepingPages)
  }

  @Test func whatFindsNoRoomIsAnErrorAndNoSignal() throws {
    let room = try #require(SharedMemoryRoom.now())
    do throws(CallError) {
      _ = try sharedMemoryLink(byteCount: room.totalBytes + (1 << 20))
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.code == ENOSPC || error.code == EFBIG, "\(error)")
      #expect(error.text.contains("/dev/shm has ") && error.text.contains("are needed"), "\(error)")
    }
    #expect(Leftovers.ofThisProcess().isEmpty)
  }

  @Test(arguments: Mechanism.core.map(\.name))
  func everyMechanismIsHereAndLeavesNothing(_ name: String) throws {
    let mechanism = try #require(Mechanism.core.first { $0.name == name })
    #expect(mechanism.unavailable() == nil)
    #expect(Leftovers.ofThisProcess().isEmpty)
  }
}
