import Results
import Trials

/// Says where a setting stands among others: by pattern, wait and touch, and by cores, buffer and the like
/// only where these are not those of most.
struct SettingNames: Sendable {
  private let varying: [Factor]
  /// One whose surroundings go without saying; nil if there are no settings.
  private let usual: Configuration?

  /// - Parameter settings: in the order that readers look for them, so that the usual ones come first.
  init(_ settings: [Setting]) {
    let examples = settings.map { Self.example($0) }
    let surroundings: [Factor] = [.placement, .memoryNode, .buffer, .workingSet, .spinBudget]
    let varying = surroundings.filter { factor in
      // A factor without a level, as the budget of those that only spin, makes no difference.
      Set(examples.map(factor.level).filter { $0 != "—" }).count > 1
    }
    self.varying = varying
    usual = examples.first
  }

  /// What all settings have in common that do not name anything else; empty if nothing varies.
  var preamble: String {
    guard let usual, !varying.isEmpty else { return "" }
    return "Where nothing else is named: \(Self.phrases(varying, usual))."
  }

  /// Cores, buffer and the like, where they are not the usual ones; empty if they are.
  func surroundings(_ setting: Setting) -> String {
    let own = Self.example(setting)
    return Self.phrases(varying.filter { $0.level(of: own) != usual.map($0.level) }, own)
  }

  /// `round trips, wait spin, touch full`.
  func name(_ setting: Setting) -> String {
    let factors = [
      setting.pattern.plural, surroundings(setting), "wait \(setting.wait.rawValue)",
      "touch \(setting.touch.rawValue)",
    ]
    return factors.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// Several of `all` settings in as few words as they can be told in: `round trips with wait spin, and
  /// with wait block and touch full`.
  ///
  /// Ways to wait that have the same touches among the chosen ones are named together, and touches only
  /// where not all that were measured belong to them.
  func summary(of chosen: [Setting], among all: [Setting], namingPattern: Bool = true) -> String {
    let places = chosen.map { Place($0, surroundings($0)) }.withoutDuplicates()
    return Phrase.list(
      places.map { place in
        let beginning = namingPattern ? place.name : place.surroundings
        let rest = waits(of: place, chosen, among: all).joined(separator: " and ")
        return beginning.isEmpty ? rest : "\(beginning) \(rest)"
      })
  }

  private func waits(of place: Place, _ chosen: [Setting], among all: [Setting]) -> [String] {
    let waits = chosen.filter { Place($0, surroundings($0)) == place }.map(\.wait)
      .withoutDuplicates()
    let touches = waits.map { self.touches($0, place, in: chosen) }
    return touches.withoutDuplicates().map { group in
      let members = zip(waits, touches).filter { $0.1 == group }.map(\.0)
      let isComplete = members.allSatisfy { self.touches($0, place, in: all) == group }
      let wait = "with wait \(Phrase.list(members.map(\.rawValue), "or"))"
      return isComplete ? wait : "\(wait) (touch \(Phrase.list(group.map(\.rawValue), "or")))"
    }
  }

  private func touches(_ wait: WaitPolicy, _ place: Place, in settings: [Setting]) -> [Touch] {
    settings.filter { $0.wait == wait && Place($0, surroundings($0)) == place }.map(\.touch)
      .withoutDuplicates()
  }

  private struct Place: Hashable {
    let pattern: Pattern
    let surroundings: String

    init(_ setting: Setting, _ surroundings: String) {
      pattern = setting.pattern
      self.surroundings = surroundings
    }

    var name: String {
      surroundings.isEmpty ? pattern.plural : "\(pattern.plural) on \(surroundings)"
    }
  }

  private static func phrases(_ factors: [Factor], _ example: Configuration) -> String {
    factors.map { $0.phrase(for: example) }.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func example(_ setting: Setting) -> Configuration {
    setting.configuration(Contender(mechanism: ""), 0)
  }
}
