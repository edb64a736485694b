import Glibc
import Testing

@testable import Mechanisms

@Suite struct CallErrorTests {
  @Test func aFailedSystemCallIsDescribedByCallAttemptAndReason() {
    let error = CallError("open", while: "opening the door", errno: ENOENT)
    #expect(error.code == ENOENT)
    #expect("\(error)" == "open failed while opening the door: No such file or directory")
  }

  @Test func errnoIsTakenWhereItIsNotGiven() {
    errno = EACCES
    let error = CallError("open", while: "opening the door")
    #expect(error == CallError("open", while: "opening the door", errno: EACCES))
  }

  @Test func aLibrarysOwnTextIsKept() {
    let error = CallError("shm-ring", code: 0, text: "too small", while: "making a ring")
    #expect("\(error)" == "shm-ring failed while making a ring: too small")
  }

  @Test(arguments: [
    (EPIPE, true), (ECONNRESET, true), (EAGAIN, false), (ENOMEM, false), (0, false),
  ])
  func onlyAClosedConnectionBlamesThePeer(code: Int32, blamesPeer: Bool) {
    #expect(CallError("write", while: "sending", errno: code).blamesPeer == blamesPeer)
  }

  @Test func anInterruptedCallIsMadeAgainUntilItSucceeds() throws {
    var answers: [(Int32, Int32)] = [(-1, EINTR), (-1, EINTR), (7, 0)]
    let result = try retrying("open", while: "opening the door") { () -> Int32 in
      let (answer, code) = answers.removeFirst()
      errno = code
      return answer
    }
    #expect(result == 7)
    #expect(answers.isEmpty)
  }

  @Test func anyOtherFailureIsNotTriedAgain() {
    var calls = 0
    let error = #expect(throws: CallError.self) {
      _ = try retrying("open", while: "opening the door") { () -> Int32 in
        calls += 1
        errno = EMFILE
        return -1
      }
    }
    #expect(error == CallError("open", while: "opening the door", errno: EMFILE))
    #expect(calls == 1)
  }
}
