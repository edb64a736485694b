import Results
import Trials

/// What the lectures say of inter-process communication, held against the run.
struct ClaimsSection {
  private let claims: [Claim]

  init(_ evidence: Evidence) {
    claims = [
      LargeDataClaim(evidence).claim, LectureClaims.smallMessages(evidence),
      LectureClaims.manyCores(evidence), LectureClaims.sockets(evidence),
      LectureClaims.remoteCalls(evidence),
    ]
  }

  func section(_ detail: Answer.Detail) -> ReportSection {
    ReportSection(
      name: "claims", title: "What the lectures say",
      paragraphs: claims.flatMap { $0.paragraphs(detail) } + [method],
      tables: detail.hasTables ? [overview] + claims.flatMap(\.parts).compactMap(\.table) : [])
  }

  private var overview: TextTable {
    TextTable(
      title: "Claims and what this run says of them",
      columns: [.init("claim"), .init("on this machine")],
      rows: claims.map { [$0.statement, $0.ruling.words] })
  }

  private var method: String {
    "A size agrees with a claim, or is against it, only if its whole 95 % interval is; where the interval "
      + "contains 1 it is undecided. A claim holds where all sizes agree that it is about."
  }
}

/// The claims that say who is faster, and no more.
enum LectureClaims {
  /// One payload in a cache line or a few, as requests and notices are.
  private static let largestSmallPayloadBytes = 1 << 10
  /// With fewer a machine is not what the claim calls many cores.
  private static let fewestManyCores = 4

  static func smallMessages(_ evidence: Evidence) -> Claim {
    let rivals = evidence.contenders(of: .messagePassing)
    let contests = evidence.settings.flatMap { setting in
      evidence.sharedMemory.filter { $0.first?.dataPath == .copy }.map { implementations in
        Contest(of: implementations, against: rivals, in: setting, evidence)
          .limited { $0 <= largestSmallPayloadBytes }
      }
    }
    let part = ContestedPart(
      name: "a message passer beats shared memory up to 1 KiB", contests: contests,
      prediction: .loses,
      absence: "the run has no messages of up to 1 KiB over both shared memory and message passing")
    return Claim(
      statement: "Message passing wins for small messages", parts: [part.part(evidence)])
  }

  static func sockets(_ evidence: Evidence) -> Claim {
    let pipe = Contender(mechanism: "pipe")
    let contests = ["unix-stream", "tcp"].flatMap { socket in
      evidence.settings.map {
        Contest(of: Contender(mechanism: socket), against: [pipe], in: $0, evidence)
      }
    }
    let part = ContestedPart(
      name: "a socket takes longer than a pipe", contests: contests, prediction: .loses,
      absence: "the run has no sockets (unix-stream, tcp) beside a pipe")
    return Claim(statement: "Sockets cost more than pipes", parts: [part.part(evidence)])
  }

  static func remoteCalls(_ evidence: Evidence) -> Claim {
    let calls = evidence.contenders(of: .remoteCall)
    let contests = calls.flatMap { call -> [Contest] in
      guard let socket = RemoteCall.socket(below: call.mechanism) else { return [] }
      return evidence.settings.map {
        Contest(of: call, against: [Contender(mechanism: socket)], in: $0, evidence)
      }
    }
    let part = ContestedPart(
      name: "a call takes longer than a message through the same socket", contests: contests,
      prediction: .loses,
      absence:
        "the run has no RPC beside the socket that it goes over, such as onc-rpc-unix beside "
        + "unix-stream")
    return Claim(statement: "RPC costs marshalling on top", parts: [part.part(evidence)])
  }

  /// Only pairs of distinct cores say anything of traffic between caches, and only several pairs, of a
  /// machine with several, anything of many cores.
  static func manyCores(_ evidence: Evidence) -> Claim {
    let statement =
      "On many cores message passing wins, because shared memory suffers from coherence traffic"
    let name = "message passing wins between the cores of a machine with many"
    let rivals = evidence.contenders(of: .messagePassing)
    let contests = evidence.settings.filter { !$0.cores.areOne && $0.wait.spins }.flatMap {
      setting in
      evidence.sharedMemory.map {
        Contest(of: $0, against: rivals, in: setting, evidence)
      }
    }.filter { !$0.rounds.isEmpty }
    if let obstacle = obstacle(Set(contests.map(\.setting.cores)), evidence) {
      let part = Claim.Part(name: name, ruling: .notAnswerable, brief: obstacle)
      return Claim(statement: statement, parts: [part])
    }
    var part = ContestedPart(name: name, contests: contests, prediction: .loses, absence: "")
      .part(evidence)
    part.brief += "; one pair of cores at a time was measured, not all of them at once"
    return Claim(statement: statement, parts: [part])
  }

  /// Why this run cannot tell; nil if it can.
  private static func obstacle(_ pairs: Set<CorePair>, _ evidence: Evidence) -> String? {
    let needs =
      "it takes at least \(fewestManyCores) physical cores, and both measured with wait spin or adaptive "
      + "on at least two pairs of distinct ones"
    guard let host = evidence.run.description?.host else {
      return "\(needs); there is no run.json to say what machine this was"
    }
    let cores = host.physicalCores
    guard cores < fewestManyCores || pairs.count < 2 else { return nil }
    let measured =
      pairs.isEmpty
      ? "no such pair was" : pairs.count == 1 ? "1 such pair was" : "\(pairs.count) such pairs were"
    return "\(needs); this machine has \(cores), and \(measured) measured"
  }
}

extension HostEnvironment {
  /// Cores, as opposed to hardware threads, two of which a core has where SMT is on.
  var physicalCores: Int { smtActive == true ? max(1, logicalCPUs / 2) : logicalCPUs }
}
