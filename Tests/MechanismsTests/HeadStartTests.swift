import Testing

@testable import Mechanisms

@Suite struct HeadStartTests {
  @Test func aMessageThatCameLateOrAfterASleepGetsNone() {
    var headStart = HeadStart(at: 0)
    let given1 = headStart.give(at: 1)
    #expect(!given1)
    headStart.waited(1_000_000, sleeps: 0)
    let given2 = headStart.give(at: 2)
    #expect(!given2)
    headStart.waited(0, sleeps: 1)
    let given3 = headStart.give(at: 3)
    #expect(!given3)
    headStart.waited(0, sleeps: 0)
    let given4 = headStart.give(at: 4)
    #expect(given4)
  }

  @Test func itIsGivenAgainAndAgainWhileItLeavesABatchWaiting() {
    // The turns wrap around.
    var turn: UInt32 = 0 &- 1000
    var headStart = HeadStart(at: turn)
    for _ in 0..<100 {
      headStart.waited(3, sleeps: 0)
      let given5 = headStart.give(at: turn)
      #expect(given5)
      turn &+= 20
    }
  }

  /// Messages that come one by one: 1, 2, 4, 8 … of them are left alone after each that was delayed.
  @Test func oneThatWasNoUseIsLeftOutTwiceAsOftenEveryTime() {
    var headStart = HeadStart(at: 0)
    var given: [UInt32] = []
    for turn in UInt32(1)...200_000 {
      headStart.waited(3, sleeps: 0)
      if headStart.give(at: turn) { given.append(turn) }
    }
    let gaps = zip(given.dropFirst(), given).map { $0 - $1 }
    #expect(gaps.prefix(5) == [2, 3, 5, 9, 17])
    #expect(given.count <= 19)
    #expect(gaps.last == 65_537)
  }
}
