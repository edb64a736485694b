import Foundation
import Harness
import Mechanisms
import RPCMechanisms
import Testing
import Trials

/// The program that the tests' workers are started from, and what the tests run with it.
package enum BuiltProgram {
  /// `ipcbench` lies beside the test program, which on Linux is an executable of its own.
  package static let path: String =
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "ipcbench").path

  /// Those that a user is offered.
  package static let mechanisms = Mechanism.core + Mechanism.rpc

  package static func mechanism(_ name: String) -> Mechanism? {
    mechanisms.first { $0.name == name }
  }

  /// Knows every mechanism: floors, and those that misbehave on purpose, as well.
  package static func driver(interrupts: Interrupts? = nil) -> Driver {
    Driver(
      executable: path, mechanisms: mechanisms + Mechanism.floors + Mechanism.faults,
      interrupts: interrupts)
  }

  /// Checks that nothing of an earlier trial is in the way of the next one.
  package static func expectNextTrialToSucceed(
    _ driver: Driver = driver(), sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var driver = driver
    driver.onStage = nil
    let outcome = try driver.run(.of("pipe"))
    #expect(outcome.status == .ok, "\(outcome.error)", sourceLocation: sourceLocation)
  }
}

/// Where the tests' workers run.
package enum Cores {
  /// Two cores that work at the same time, as near to each other as this machine has them; the same
  /// one twice on a machine with one.
  package static let nearest: CorePair =
    (try? CPUTopology.thisMachine())?.nearestDistinctCores()
    ?? CorePair(placement: .sameCore, producer: 0, consumer: 0)

  package static let areDistinct = nearest.producer != nearest.consumer

  /// One core that both workers take turns on.
  package static let same = CorePair(
    placement: .sameCore, producer: nearest.producer, consumer: nearest.producer)
}

/// How long a trial that cannot end by itself is given, shortest first: a busy machine may need more
/// than 700 ms to bring its workers to where they get stuck.
package let timeoutsInMilliseconds: [UInt64] = [700, 3000, 10_000]

/// Whether a trial went well, but for a schedule that it could not keep to on a busy machine.
package func isProven(_ outcome: TrialOutcome) -> Bool {
  outcome.status == .ok || outcome.error.hasPrefix("rate not reached: ")
}

extension Trial {
  /// A short trial of small messages on the two nearest cores.
  package static func of(
    _ mechanism: String, _ pattern: Pattern = .pingPong, length: TrialLength = .messages(50),
    warmUpMilliseconds: UInt64 = 0, timeoutMilliseconds: UInt64 = 10_000, memoryNode: Int? = nil
  ) -> Trial {
    Trial(
      number: 1, block: 1, position: 1,
      configuration: Configuration(
        mechanism: mechanism, workload: Workload(pattern: pattern, payloadBytes: 64),
        cores: nearestCores, memoryNode: memoryNode),
      limits: TrialLimits(
        length: length, warmUpNanoseconds: warmUpMilliseconds * 1_000_000,
        timeoutNanoseconds: timeoutMilliseconds * 1_000_000))
  }

  /// A trial that ends by itself after some messages, without more of a warm-up than every trial has.
  package static func of(
    _ mechanism: String, _ workload: Workload, on cores: CorePair = Cores.nearest,
    for length: TrialLength
  ) -> Trial {
    Trial(
      number: 1, block: 1, position: 1,
      configuration: Configuration(mechanism: mechanism, workload: workload, cores: cores),
      limits: TrialLimits(
        length: length, warmUpNanoseconds: 0,
        timeoutNanoseconds: workload.payloadBytes > 100_000 ? 20_000_000_000 : 10_000_000_000))
  }

  /// A trial that only ends when something goes wrong, or after a minute.
  package static func endless(_ mechanism: String, _ pattern: Pattern = .pingPong) -> Trial {
    .of(mechanism, pattern, length: .nanoseconds(60_000_000_000))
  }

  package static var nearestCores: CorePair { Cores.nearest }
}
