import Reporting
import Testing

@Suite struct MechanismStyleTests {
  private static let mechanisms = [
    "pipe", "fifo", "unix-stream", "tcp", "shm-ring", "shm-plain", "onc-rpc-unix", "onc-rpc-tcp",
  ]

  @Test func noTwoMechanismsLookAlike() {
    let styles = Self.mechanisms.map { MechanismStyle.of($0) }
    #expect(Set(styles.map(\.colour)).count == Self.mechanisms.count)
    #expect(Set(styles.map(\.shape)).count == Self.mechanisms.count)
  }

  @Test func unknownMechanismsComeLast() {
    #expect(MechanismStyle.ordered(["other", "tcp", "pipe"]) == ["pipe", "tcp", "other"])
  }
}
