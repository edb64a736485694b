import Results
import Trials

/// What a share of a round trip goes into.
enum Part: String, CaseIterable, Sendable {
  /// Until the other side notices, twice.
  case waking
  case systemCalls = "system calls"
  /// Payload from the sender's memory to the receiver's, twice.
  case copying
  /// Every byte written by one side and read by the other.
  case touching
  /// What a library adds to the socket that it sits on.
  case call = "RPC"
  /// What none of these explains. Negative where they come to more than the whole.
  case rest = "not explained"

  /// P. Tol's "muted" scheme (SRON/EPS/TN/09-002, 2021), which people with any kind of colour vision can
  /// tell apart; not those of the mechanisms, so that no part is taken for one.
  var colour: String {
    switch self {
    case .waking: "#332288"
    case .systemCalls: "#882255"
    case .copying: "#44AA99"
    case .touching: "#DDCC77"
    case .call: "#AA4499"
    case .rest: "#BBBBBB"
    }
  }
}

/// A median round trip, taken apart into what floors and factors account for. The parts add up to the
/// whole, because one of them is what is left.
struct Decomposition: Sendable {
  struct Term: Sendable {
    var part: Part
    var nanoseconds: Double
    /// 95 %, where it is a difference within blocks.
    var interval: ClosedRange<Double>?
    /// Where the figure comes from.
    var source: String

    /// Whether chance explains it as well.
    var mayBeNothing: Bool { interval?.contains(0) ?? false }
  }

  var contender: Contender
  var setting: Setting
  var payloadBytes: Int
  var roundTripNanoseconds: Double
  /// In the order of `Part.allCases`; those that could be measured, then the rest.
  var terms: [Term]

  func nanoseconds(_ part: Part) -> Double? { terms.first { $0.part == part }?.nanoseconds }

  func share(_ part: Part) -> Double? { nanoseconds(part).map { $0 / roundTripNanoseconds } }
}

/// Takes round trips apart.
///
/// - **Waking**: of two spinning sides what a cache line takes to the other core and back, by the probes
///   around the same trials, or where there are none by the floors; of sleeping ones the reference
///   hand-off by futex (`floor-wake`), which a mechanism can be faster than.
/// - **System calls**: `floor-syscall` times the four that a round trip through the kernel needs at least: a
///   write and a read on each side. Of sleeping sides they are part of the hand-off, which makes four,
///   too. A message that does not fit into a buffer takes more of them.
/// - **Copying**: into a buffer and out of it, there and back: what the ring's round trip takes longer by
///   copy than in place, both sides spinning and looking at headers only. The kernel copies as often,
///   and this was measured in the same blocks. In place, nothing.
/// - **Touching**: what the same round trip takes longer with touch full than with touch header. In place
///   that includes the way of the bytes to the other core, which a copy otherwise pays for.
/// - **RPC**: what the call takes longer than the same message through the socket below it. Its other parts
///   are the socket's.
struct Dissection {
  let evidence: Evidence
  /// Of a write and a read on each side.
  private static let callsOfRoundTrip = 4.0
  /// Into a buffer and out of it, there and back.
  private static let copiesOfRoundTrip = 4.0

  /// nil if there is no such round trip.
  ///
  /// - Parameter setting: of ping-pong; its touch does not matter. Taken apart is touch full where it was
  ///   measured, or else touch header.
  func decomposition(
    of contender: Contender, in setting: Setting, payloadBytes: Int
  ) -> Decomposition? {
    func time(_ touch: Touch, _ contender: Contender) -> [Evidence.Moment: Double] {
      evidence.time(setting.touching(touch).configuration(contender, payloadBytes))
    }
    let touch = time(.full, contender).isEmpty ? Touch.header : .full
    let times = time(touch, contender)
    guard let whole = Evidence.median(times) else { return nil }
    let socket = RemoteCall.socket(below: contender.mechanism).map { Contender(mechanism: $0) }
    let call = socket.flatMap {
      Self.difference(.call, times, time(touch, $0), "\(contender.mechanism) − \($0.name)")
    }
    let mover = call == nil ? contender : socket ?? contender
    let touching =
      touch == .full
      ? Self.difference(
        .touching, time(.full, mover), time(.header, mover), "touch full − header") : nil
    let known = [
      waking(contender, setting.touching(touch), payloadBytes), systemCalls(contender, setting),
      copying(contender, setting, payloadBytes), touching, call,
    ].compactMap { $0 }
    let rest = Decomposition.Term(
      part: .rest, nanoseconds: whole - known.reduce(0) { $0 + $1.nanoseconds },
      source: "round trip − the other parts")
    return Decomposition(
      contender: contender, setting: setting.touching(touch), payloadBytes: payloadBytes,
      roundTripNanoseconds: whole, terms: known + [rest])
  }

  private func waking(
    _ contender: Contender, _ setting: Setting, _ payloadBytes: Int
  ) -> Decomposition.Term? {
    guard setting.wait.spins else {
      return evidence.floor(.wake, setting.cores)?.latencyP50Nanoseconds.map {
        Decomposition.Term(part: .waking, nanoseconds: $0, source: FloorName.wake.rawValue)
      }
    }
    if let probe = evidence.probe(setting.configuration(contender, payloadBytes)) {
      return Decomposition.Term(part: .waking, nanoseconds: probe, source: "probes of its trials")
    }
    return bounce(setting.cores).map {
      Decomposition.Term(part: .waking, nanoseconds: $0, source: "bounce floors")
    }
  }

  private func bounce(_ cores: CorePair) -> Double? {
    [FloorName.oneLineBounce, .twoLineBounce]
      .compactMap { evidence.floor($0, cores)?.latencyP50Nanoseconds }.min()
  }

  private func systemCalls(_ contender: Contender, _ setting: Setting) -> Decomposition.Term? {
    guard Family.of(contender.mechanism) != .sharedMemory, setting.wait.spins else { return nil }
    // The mean: a call takes few of the whole nanoseconds that a median is kept in.
    return evidence.floor(.systemCall, setting.cores)?.latencyMeanNanoseconds.map {
      Decomposition.Term(
        part: .systemCalls, nanoseconds: Self.callsOfRoundTrip * $0,
        source: "4 × \(FloorName.systemCall.rawValue)")
    }
  }

  private func copying(
    _ contender: Contender, _ setting: Setting, _ payloadBytes: Int
  ) -> Decomposition.Term? {
    if contender.dataPath == .inPlace {
      return Decomposition.Term(part: .copying, nanoseconds: 0, source: "nothing is copied")
    }
    if let term = ringsCopying(setting, payloadBytes) { return term }
    return setting.cores.areOne
      ? localCopying(setting, payloadBytes) : crossCopying(setting, payloadBytes)
  }

  /// In place with touch header no byte of the payload moves, so that a larger message than the ring has
  /// room for would take as long as the largest that it has.
  private func ringsCopying(_ setting: Setting, _ payloadBytes: Int) -> Decomposition.Term? {
    let spinning = setting.waiting(.spin).touching(.header)
    for ring in evidence.contenders(of: .sharedMemory) where ring.dataPath == .inPlace {
      let byCopy = evidence.time(
        spinning.configuration(Contender(mechanism: ring.mechanism), payloadBytes))
      let largest = evidence.payloads(in: spinning).last {
        $0 <= payloadBytes && !evidence.time(spinning.configuration(ring, $0)).isEmpty
      }
      guard let largest else { continue }
      let source =
        "\(ring.mechanism), spin: copy − in place"
        + (largest == payloadBytes ? "" : " at \(Quantity.bytes(largest))")
      let inPlace = evidence.time(spinning.configuration(ring, largest))
      if let term = Self.difference(.copying, byCopy, inPlace, source) { return term }
    }
    return nil
  }

  private func crossCopying(_ setting: Setting, _ payloadBytes: Int) -> Decomposition.Term? {
    let copies = evidence.floor(.crossCopy, setting.cores, payloadBytes: payloadBytes)
    guard let copies = copies?.latencyP50Nanoseconds, let bounce = bounce(setting.cores) else {
      return nil
    }
    return Decomposition.Term(
      part: .copying, nanoseconds: copies - bounce,
      source: "\(FloorName.crossCopy.rawValue) − bounce")
  }

  private func localCopying(_ setting: Setting, _ payloadBytes: Int) -> Decomposition.Term? {
    let copies = evidence.floor(.localCopy, setting.cores, .stream, payloadBytes: payloadBytes)
    guard let rate = copies?.throughputBytesPerSecond, rate > 0 else { return nil }
    return Decomposition.Term(
      part: .copying, nanoseconds: Self.copiesOfRoundTrip * Double(payloadBytes) * 1e9 / rate,
      source: "4 × \(FloorName.localCopy.rawValue)")
  }

  /// Median of the differences within blocks; nil without a block that has both.
  private static func difference(
    _ part: Part, _ more: [Evidence.Moment: Double], _ less: [Evidence.Moment: Double],
    _ source: String
  ) -> Decomposition.Term? {
    let differences = Speedup.pairs(more, less) { $0 - $1 }
    return Statistics.median(differences).map {
      Decomposition.Term(
        part: part, nanoseconds: $0, interval: Statistics.medianInterval(differences),
        source: source)
    }
  }
}

/// Which call goes over which socket.
enum RemoteCall {
  /// nil for what is no call.
  static func socket(below mechanism: String) -> String? {
    guard Family.of(mechanism) == .remoteCall else { return nil }
    if mechanism.hasSuffix("-unix") { return "unix-stream" }
    return mechanism.hasSuffix("-tcp") ? "tcp" : nil
  }
}
