import Testing
import Trials

@testable import Mechanisms

/// The search against kernels that are made up: what holds how much for which number is known.
@Suite struct BufferSearchTests {
  private final class Tries {
    var settings: [Int] = []
  }

  private func kernel(_ allowed: ClosedRange<Int>, powersOfTwo: Bool = false) -> KernelBuffer {
    let asTheyAre: @Sendable (Double) -> Int = { Int($0) }
    return KernelBuffer(
      settings: { () throws(CallError) in allowed },
      rounded: powersOfTwo ? KernelBuffer.pipe.rounded : asTheyAre, limit: { "wants \($0)" },
      fills: 1,
      // No link is made.
      fill: KernelBuffer.pipe.fill)
  }

  /// - Returns: What was found, and in how many tries.
  private func search(
    _ target: Int, _ kernel: KernelBuffer, _ holds: @escaping (Int) throws(CallError) -> Int
  ) throws -> (BufferSearch.Found, tries: Int) {
    let tries = Tries()
    let search = BufferSearch(target, kernel) { setting throws(CallError) in
      tries.settings.append(setting)
      return try holds(setting)
    }
    let found = try search.run()
    #expect(Set(tries.settings).count == tries.settings.count, "a number is tried once")
    return (found, tries.settings.count)
  }

  @Test(arguments: [1 << 12, 100_000, 1 << 17, 1 << 24])
  func whatIsExactAtOnceTakesOneTry(target: Int) throws {
    let (found, tries) = try search(target, kernel(1...1 << 30)) { $0 }
    #expect(found == BufferSearch.Found(settingBytes: target, capacityBytes: target))
    #expect(tries == 1)
  }

  /// As small and as large messages on a Unix socket, and bytes on TCP.
  @Test(arguments: [0.17, 0.5, 0.84, 2, 3, 20])
  func whatIsInProportionIsFoundByTheSecondTry(factor: Double) throws {
    let target = 128 << 10
    let (found, tries) = try search(target, kernel(1...1 << 30)) { Int(Double($0) * factor) }
    #expect(BufferFit.distance(found.capacityBytes, from: target) < 1.02)
    #expect(tries == 2)
  }

  /// Steps, a bend, and a plateau before a jump: more tries, and still a bounded number.
  @Test func whatIsNotInProportionIsFoundAsWell() throws {
    let target = 128 << 10
    let curves: [(String, (Int) -> Int)] = [
      ("steps", { $0 / 10_000 * 10_000 }), ("a bend", { $0 < 50_000 ? $0 : 5 * $0 - 200_000 }),
      ("an offset", { $0 / 8 + 100_000 }), ("a square", { Int(Double($0) * Double($0) / 65_536) }),
    ]
    for (name, curve) in curves {
      let (found, tries) = try search(target, kernel(2304...1 << 30)) { curve($0) }
      #expect(BufferFit.distance(found.capacityBytes, from: target) < 1.1, "\(name)")
      #expect(found.capacityBytes == curve(found.settingBytes), "\(name)")
      #expect(tries <= 10, "\(name)")
      #expect(found.limit == nil, "\(name)")
    }
    let (jump, tries) = try search(target, kernel(1...1 << 30)) { $0 < 100_000 ? 90_000 : 400_000 }
    #expect(jump.capacityBytes == 90_000, "the nearer of the two that there are")
    #expect(tries <= 10)
  }

  /// As TCP's, by up to a tenth either way.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func whatIsNotTheSameEveryTimeIsFoundNearEnough(seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    let (found, tries) = try search(128 << 10, kernel(2304...1 << 30)) { setting in
      setting * 5 / 2 * numbers.number(in: 90...110) / 100
    }
    #expect(BufferFit.distance(found.capacityBytes, from: 128 << 10) < 1.1)
    #expect(tries <= 10)
  }

  /// 32 pages of one message each, or 64: nothing lies in between.
  @Test func ofTwoThatAreWrongTheNearerCounts() throws {
    let allowed = kernel(4096...1 << 20, powersOfTwo: true)
    let (found, _) = try search(128 << 10, allowed) { $0 / 4096 * 3000 }
    #expect(found == BufferSearch.Found(settingBytes: 128 << 10, capacityBytes: 96_000))
    let (small, _) = try search(128 << 10, allowed) { $0 / 4096 * 2049 }
    #expect(small == BufferSearch.Found(settingBytes: 256 << 10, capacityBytes: 64 * 2049))
  }

  @Test(arguments: [(5000, 4096), (1, 4096), (6000, 8192), (1 << 20, 1 << 20)])
  func aPipeOfAnyOtherSizeIsTheNearestPowerOfTwo(target: Int, setting: Int) throws {
    let (found, _) = try search(target, kernel(4096...1 << 20, powersOfTwo: true)) { $0 }
    #expect(found.settingBytes == setting)
    #expect(found.limit == nil)
  }

  /// What a stock kernel grants, with 64-byte messages on a Unix socket.
  @Test func aLimitThatOnlyBookkeepingRunsIntoIsNamed() throws {
    let (found, tries) = try search(128 << 10, kernel(2304...212_992)) { $0 / 6 }
    #expect(found.settingBytes == 212_992)
    #expect(found.capacityBytes == 212_992 / 6)
    #expect(found.limit == "wants 1048576", "six times 128 KiB, and a power of two")
    #expect(tries == 2)
  }

  /// A byte a message, each with its bookkeeping, would fill the machine.
  @Test func moreThanIsReasonableIsNotGiven() throws {
    let (found, _) = try search(128 << 10, kernel(2304...1 << 28)) { $0 / 1000 }
    #expect(found.settingBytes == 64 << 20)
    #expect(found.limit?.hasPrefix("ipcbench's own: ") == true)
    let (large, _) = try search(128 << 20, kernel(2304...1 << 28)) { $0 }
    #expect(large == BufferSearch.Found(settingBytes: 128 << 20, capacityBytes: 128 << 20))
  }

  @Test(arguments: [213_000, 256 << 10, 1 << 20, 1 << 40])
  func aSizeThatTheKernelRefusesIsAnError(target: Int) throws {
    let refusal = CallError("setsockopt", code: 0, text: "too large", while: "testing")
    #expect(throws: refusal) {
      _ = try search(target, kernel(2304...212_992)) { setting throws(CallError) in
        guard setting <= 212_992 else { throw refusal }
        return setting / 6
      }
    }
  }

  @Test func aSizeThatIsRefusedButNotNeededIsNoError() throws {
    // Large messages on a Unix socket: half of the number does.
    let (found, _) = try search(256 << 10, kernel(2304...212_992)) { $0 * 2 }
    #expect(found.settingBytes == 128 << 10)
    #expect(found.limit == nil)
  }
}
