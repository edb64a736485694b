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

  /// Those that this host has what they need.
  static var available: [Mechanism] { offered.filter { $0.unavailable() == nil } }

  /// Refuses names that this host cannot offer, with the reason.
  static func requireAvailable(_ choice: MechanismChoice?) throws(CommandFailure) {
    guard case .named(let names) = choice else { return }
    for mechanism in all where names.contains(mechanism.name) {
      if let reason = mechanism.unavailable() {
        throw CommandFailure(69, "mechanism '\(mechanism.name)' is not available here: \(reason)")
      }
    }
  }
}
