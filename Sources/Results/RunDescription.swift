import FoundationEssentials
import Glibc
import Paths
import Trials

/// What `run.json` says of a run: how its numbers came about and what they belong to.
public struct RunDescription: Codable, Hashable, Sendable {
  public var schemaVersion = TrialRecord.currentSchemaVersion
  /// `<UTC time>-<suite>`, like `20261121T031500Z-quick`.
  public var runID: String
  public var suite: String
  public var started: UTCTime
  /// nil while the run goes on, and for ever if it was killed.
  public var finished: UTCTime?
  /// True until the run has finished by itself, so that a killed run's file does not claim that.
  public var interrupted = true
  public var commandLine: [String]
  public var seed: Seed
  /// nil in files from before it was a factor, when every run was `default`.
  public var idlePolicy: IdlePolicy?
  public var build: Build
  public var host: HostEnvironment
  public var clock: ClockDescription
  /// What `ipcbench doctor` says of the host as the run begins; nil in files from before there was
  /// one.
  public var condition: HostCondition?
  public var trials: TrialCounts
  /// Where the trials' latency samples are; nil where they were left out, and in files from before there
  /// was one log a run.
  public var histograms: StoredSamples?
  /// nil where no precision was asked for, and until the run has finished.
  public var precision: PrecisionReport?
  /// What was asked for and is not measured.
  public var excluded: [Exclusion]
  /// How much worse each of these metrics may be than a base's before a comparison fails, as a part, by
  /// their names in `summary.csv`; nil where the suite says nothing.
  public var thresholds: [String: Double]?
  /// The pairs of cores that the placements' names stand for on this host.
  public var placements: [CorePair]
  /// What rates in percent are shares of; nil where there are none.
  public var peaks: [PeakRate]?
  /// What the links' buffers hold; nil in files from before that was measured.
  public var buffers: [BufferFit]?
  /// What the hardware charges at least, and a reference hand-off, on each of those pairs; nil where
  /// nobody measured them, as before there were floors.
  public var floors: [Floor]?
  /// The worlds of each pair of cores whose probes fall into several; nil where there are none, and until
  /// the run has finished.
  public var probeWorlds: [WorldsOfCores]?
  /// What other run this one was measured in turns with; nil for a run alone.
  public var interleaving: Interleaving?

  public init(
    suite: String, started: UTCTime, commandLine: [String], seed: UInt64,
    idlePolicy: IdlePolicy = .standard, build: Build, host: HostEnvironment,
    clock: ClockDescription, condition: HostCondition? = nil, plannedTrials: Int,
    excluded: [Exclusion] = [], placements: [CorePair] = [], peaks: [PeakRate]? = nil,
    thresholds: [String: Double]? = nil
  ) {
    self.runID = Self.runID(started: started, suite: suite)
    self.suite = suite
    self.started = started
    self.commandLine = commandLine
    self.seed = Seed(seed)
    self.idlePolicy = idlePolicy
    self.build = build
    self.host = host
    self.clock = clock
    self.condition = condition
    self.trials = TrialCounts(planned: plannedTrials)
    self.excluded = excluded
    self.placements = placements
    self.peaks = peaks
    self.thresholds = thresholds
  }

  /// A suite given as a file lends its name without folder and extension.
  static func runID(started: UTCTime, suite: String) -> String {
    var name = suite.split(separator: "/").last.map { String($0) } ?? "run"
    if let dot = name.lastIndex(of: "."), dot > name.startIndex { name.removeSubrange(dot...) }
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    return "\(started.compactText)-" + String(name.map { allowed.contains($0) ? $0 : "-" })
  }

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case runID = "run_id"
    case suite
    case started = "started_utc"
    case finished = "finished_utc"
    case interrupted
    case commandLine = "command_line"
    case seed
    case idlePolicy = "idle_policy"
    case build, host, clock
    case condition = "doctor"
    case trials, histograms, precision, excluded, thresholds, placements, peaks, buffers, floors
    case probeWorlds = "probe_worlds"
    case interleaving
  }
}

/// The seed of a run's shuffles and schedules. JSON keeps it as a decimal string: many readers hold numbers as
/// binary64, which loses digits beyond 2^53 (RFC 8259, section 6).
public struct Seed: Codable, Hashable, Sendable {
  public var value: UInt64

  public init(_ value: UInt64) {
    self.value = value
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = UInt64(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "seed '\(text)' is not a whole number in a string")
    }
    self.value = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(String(value))
  }
}

/// Where a run folder keeps latency samples, and of which trials.
public struct StoredSamples: Codable, Hashable, Sendable {
  public enum Extent: String, Codable, Sendable {
    /// Of every trial with samples, under its trial_id, and service times under `<trial_id>/service`.
    case all
    /// What merged percentiles are made of: all that a published run needs.
    case latencyOfOKTrials = "latency-of-ok-trials"
  }

  public var file = HistogramLog.fileName
  public var holds: Extent

  static let all = StoredSamples(holds: .all)
}

/// The ipcbench that measured.
public struct Build: Codable, Hashable, Sendable {
  public var version: String
  /// nil where the build did not come from a git checkout.
  public var commit: String?
  /// `release` or `debug`; debug results are for looking at, not for quoting.
  public var mode: String
  public var compiler: String
  /// The version of each Swift package in it; nil in files from before that was written down.
  public var packages: [String: String]?
  /// The versions of the C libraries that it was compiled against, by pkg-config's names, and of the C
  /// library; nil as above. They are loaded where it runs, which may have others of the same interface.
  public var libraries: [String: String]?

  public init(
    version: String, commit: String?, mode: String, compiler: String,
    packages: [String: String]? = nil, libraries: [String: String]? = nil
  ) {
    self.version = version
    self.commit = commit
    self.mode = mode
    self.compiler = compiler
    self.packages = packages
    self.libraries = libraries
  }
}

/// The clock that timed everything, as measured on this host. Its cost is not subtracted.
public struct ClockDescription: Codable, Hashable, Sendable {
  public var name: String
  public var resolutionNanoseconds: Double
  /// Mean of one read.
  public var readCostNanoseconds: Double
  /// What stamped the round trips; nil in files from before that was another clock than this one.
  public var samples: SampleClockDescription?

  public init(
    name: String, resolutionNanoseconds: Double, readCostNanoseconds: Double,
    samples: SampleClockDescription? = nil
  ) {
    self.name = name
    self.resolutionNanoseconds = resolutionNanoseconds
    self.readCostNanoseconds = readCostNanoseconds
    self.samples = samples
  }

  enum CodingKeys: String, CodingKey {
    case name, samples
    case resolutionNanoseconds = "resolution_ns"
    case readCostNanoseconds = "read_cost_ns"
  }
}

/// What round trips were stamped with. Its cost is not subtracted either.
public struct SampleClockDescription: Codable, Hashable, Sendable {
  public var name: String
  /// Mean of one read, back to back.
  public var readCostNanoseconds: Double
  /// What it adds to a round trip, which decides how many of them a sample takes.
  public var addedNanoseconds: Double

  public init(name: String, readCostNanoseconds: Double, addedNanoseconds: Double) {
    self.name = name
    self.readCostNanoseconds = readCostNanoseconds
    self.addedNanoseconds = addedNanoseconds
  }

  enum CodingKeys: String, CodingKey {
    case name
    case readCostNanoseconds = "read_cost_ns"
    case addedNanoseconds = "added_ns"
  }
}

/// How many of a run's trials ended how.
public struct TrialCounts: Codable, Hashable, Sendable {
  public var planned: Int
  public private(set) var ok = 0
  public private(set) var failed = 0
  public private(set) var timedOut = 0
  public private(set) var died = 0
  public private(set) var invalid = 0
  /// Of all the trials above; a tainted trial can be `ok`.
  public private(set) var tainted = 0

  public init(planned: Int) {
    self.planned = planned
  }

  mutating func count(_ record: TrialRecord) {
    switch record.status {
    case .ok: ok += 1
    case .failed: failed += 1
    case .timedOut: timedOut += 1
    case .died: died += 1
    case .invalid: invalid += 1
    }
    if record.tainted { countTaint() }
  }

  /// Of a trial that has been counted.
  mutating func countTaint() {
    tainted += 1
  }

  enum CodingKeys: String, CodingKey {
    case planned, ok, failed
    case timedOut = "timed_out"
    case died, invalid, tainted
  }
}

extension RunDescription {
  /// In a run folder.
  package static let fileName = "run.json"

  /// The description of a stored run; nil where the path is no run folder, or one without it.
  package static func readIfThere(_ path: String) throws(ResultsError) -> RunDescription? {
    do throws(ResultsError) {
      return try read(fromRunFolder: path)
    } catch {
      guard error.kind == .missing else { throw error }
      return nil
    }
  }

  /// Floors of every pair of some hundred cores are a tenth of this.
  private static let mostFileBytes = 64 << 20

  /// The description of a stored run.
  public static func read(fromRunFolder path: String) throws(ResultsError) -> RunDescription {
    let file = "\(path)/\(fileName)"
    let data = Data(try RegularFile.contents(file, mostBytes: mostFileBytes))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .custom(Self.swiftKey)
    let description: RunDescription
    do {
      // A later version's file may lack what this one knows: that it is one is the better message.
      try requireKnown(decoder.decode(Version.self, from: data), file)
      description = try decoder.decode(RunDescription.self, from: data)
    } catch let error as ResultsError {
      throw error
    } catch {
      throw ResultsError(
        .malformed, "\(file): \(Self.explain(error)); give a run folder that ipcbench wrote")
    }
    if let contradiction = description.contradiction {
      throw ResultsError(
        .malformed, "\(file): \(contradiction); give a run folder that ipcbench wrote")
    }
    return description
  }

  private struct Version: Decodable {
    var schemaVersion: Int

    enum CodingKeys: String, CodingKey {
      case schemaVersion = "schema_version"
    }
  }

  private static func requireKnown(_ version: Version, _ file: String) throws(ResultsError) {
    guard (1...TrialRecord.currentSchemaVersion).contains(version.schemaVersion) else {
      throw ResultsError(
        .malformed,
        "\(file): schema_version \(version.schemaVersion) is not known here "
          + "(\(TrialRecord.currentSchemaVersion) is); read it with the ipcbench that wrote it or a "
          + "newer one")
    }
  }

  func json() throws(ResultsError) -> String {
    try prettyJSON(self) { encoder in encoder.keyEncodingStrategy = .custom(Self.fileKey) }
  }

  /// The keys of `host` are those of `HostEnvironment` in snake_case; all others are spelled out
  /// beside their properties.
  private static func fileKey(_ path: [any CodingKey]) -> any CodingKey {
    convert(path) { name in
      var snake = ""
      var previous: Character = "_"
      for character in name {
        if character.isUppercase && !previous.isUppercase { snake += "_" }
        snake += character.lowercased()
        previous = character
      }
      return snake
    }
  }

  private static func swiftKey(_ path: [any CodingKey]) -> any CodingKey {
    convert(path) { name in
      let words = name.split(separator: "_")
      // Acronyms do not survive the way to snake_case: those that occur are named here.
      let rest = words.dropFirst().map {
        $0 == "cpus" ? "CPUs" : $0.prefix(1).uppercased() + $0.dropFirst()
      }
      return ([String(words.first ?? "")] + rest).joined()
    }
  }

  private static func convert(
    _ path: [any CodingKey], _ change: (String) -> String
  ) -> any CodingKey {
    guard let last = path.last else { return TextKey("") }
    // Two deep: the keys below (mitigations, limits) are the kernel's own names.
    guard path.count == 2, path[0].stringValue == CodingKeys.host.rawValue else { return last }
    return TextKey(change(last.stringValue))
  }

  private static func explain(_ error: any Error) -> String {
    // By the file's names, not the properties'.
    func place(_ path: [any CodingKey]) -> String {
      path.indices.map { fileKey(Array(path[...$0])).stringValue }.joined(separator: ".")
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      return "'\(place(context.codingPath + [key]))' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "'\(place(context.codingPath))' has the wrong type"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty
        ? "not JSON" : "'\(place(context.codingPath))': \(context.debugDescription)"
    default:
      return "not readable"
    }
  }

  private struct TextKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}

/// Sorted by key, so that two files can be compared line by line; ends in a newline.
package func prettyJSON<Value: Encodable>(
  _ value: Value, _ configure: (JSONEncoder) -> Void = { _ in }
) throws(ResultsError) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  configure(encoder)
  do {
    return String(decoding: try encoder.encode(value), as: UTF8.self).jsonWithoutControls + "\n"
  } catch {
    // Only a number that is not finite gets here.
    throw ResultsError(.inputOutput, "cannot write as JSON: \(error); report this")
  }
}
