import Foundation
import Glibc
import Harness
import Mechanisms
import RPCMechanisms
import Trials

/// The program that the tests' workers are started from, and what the tests run with it.
enum BuiltProgram {
  /// `ipcbench` lies beside the test program, which on Linux is an executable of its own.
  static let path: String =
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "ipcbench").path

  static let mechanisms = Mechanism.core + Mechanism.rpc

  static var driver: Driver {
    Driver(executable: path, mechanisms: mechanisms + Mechanism.floors)
  }

  static func mechanism(_ name: String) -> Mechanism? { mechanisms.first { $0.name == name } }
}

/// Where the tests' workers run.
enum Cores {
  /// Two cores that work at the same time, as near to each other as this machine has them; the same
  /// one twice on a machine with one.
  static let nearest: CorePair =
    (try? CPUTopology.thisMachine())?.nearestDistinctCores()
    ?? CorePair(placement: .sameCore, producer: 0, consumer: 0)

  static let areDistinct = nearest.producer != nearest.consumer

  /// One core that both workers take turns on.
  static let same = CorePair(
    placement: .sameCore, producer: nearest.producer, consumer: nearest.producer)
}

extension Trial {
  /// A trial that ends by itself after some messages, without more of a warm-up than every trial has.
  static func of(
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
}
