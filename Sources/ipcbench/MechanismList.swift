import Glibc
import Mechanisms
import RPCMechanisms
import Trials

/// Every mechanism of this build.
enum MechanismList {
  /// In the order of `ipcbench list`.
  static let offered = Mechanism.core + Mechanism.rpc

  /// With the floors, and those that misbehave on purpose, which nobody gets without naming them.
  static let all = offered + Mechanism.floors + Mechanism.faults

  static let names = all.map(\.name)

  /// Reads `all` or names between commas. Whoever mistypes a name is not told of floors and of the
  /// misbehaving ones, unless it is one of them that was meant.
  static func parse(_ text: String) throws(UnknownName) -> MechanismChoice {
    do { return try MechanismChoice.parse(text, known: names) } catch {
      guard !["fault", "floor"].contains(where: error.name.hasPrefix) else { throw error }
      throw UnknownName(
        kind: error.kind, name: error.name, validNames: offered.map(\.name) + ["all"])
    }
  }

}

/// What this host cannot run of what a suite or the command line asks for, found out before anything starts.
struct HostObstacles {
  /// Why a mechanism cannot be had, by its name.
  private let mechanisms: [String: String]
  /// nil where nothing limits it, or the system does not tell.
  private let room = SharedMemoryRoom.now()

  private static let byName = Dictionary(
    MechanismList.all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// - Parameter names: The mechanisms that are asked for; each is tried once.
  init(_ names: [String]) {
    var mechanisms: [String: String] = [:]
    for name in names { mechanisms[name] = Self.byName[name]?.unavailable() }
    self.mechanisms = mechanisms
  }

  /// Why a configuration cannot be run; nil if it can.
  func obstacle(to configuration: Configuration) -> String? {
    // What the run needs, before the little that was tried.
    shortage(of: configuration)?.reason ?? mechanisms[configuration.mechanism]
  }

  private func shortage(of configuration: Configuration) -> (bytes: Int, reason: String)? {
    guard
      let bytes = Self.byName[configuration.mechanism]?.sharedMemoryBytes?(
        configuration.workload)
    else { return nil }
    return room?.shortage(of: bytes).map { (bytes, $0) }
  }

  /// Refuses mechanisms that were asked for by name and cannot be had, or find no room for all that is asked
  /// of them: of several for one reason, all; of several sizes, the largest says how much it takes.
  ///
  /// - Parameter obstructed: The configurations that this host cannot run.
  func requireNone(
    of choice: MechanismChoice?, in obstructed: [Configuration]
  ) throws(CommandFailure) {
    guard case .named(let names) = choice else { return }
    let short = obstructed.filter { names.contains($0.mechanism) }
      .compactMap { configuration in shortage(of: configuration).map { (configuration, $0) } }
    if let largest = short.max(by: { $0.1.bytes < $1.1.bytes }) {
      let alike = names.filter { name in short.contains { $0.0.mechanism == name } }
      throw CommandFailure(EX_UNAVAILABLE, Self.sentence(alike, largest.1.reason))
    }
    let lacking = names.filter { mechanisms[$0] != nil }
    guard let reason = lacking.first.flatMap({ mechanisms[$0] }) else { return }
    throw CommandFailure(
      EX_UNAVAILABLE, Self.sentence(lacking.filter { mechanisms[$0] == reason }, reason))
  }

  private static func sentence(_ names: [String], _ reason: String) -> String {
    let quoted = names.map { "'\($0)'" }.joined(separator: ", ")
    return names.count == 1
      ? "mechanism \(quoted) is not available here: \(reason)"
      : "mechanisms \(quoted) are not available here: \(reason)"
  }
}
