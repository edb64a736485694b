import Glibc
import Trials

/// Looks for the number that makes the kernel hold so many bytes of payload.
///
/// What fits grows with the number, in steps and not in proportion: each try is a fresh link, and the
/// next number comes from what the last ones held.
struct BufferSearch {
  struct Found: Equatable {
    var settingBytes: Int
    var capacityBytes: Int
    var limit: String?
  }

  private let target: Int
  private let kernel: KernelBuffer
  private let measure: (_ setting: Int) throws(CallError) -> Int

  /// Each costs a fill; from there on the steps are too coarse for another to help.
  private static let mostTries = 10
  /// Near enough: no figure depends on the buffer so steeply that this could be seen in it.
  private static let tolerance = 1.02
  /// A fill that has got so many times as far as wanted says as much as one that ends.
  private static let mostTimesTarget = 4

  private static let mostMemoryBytes = 64 << 20

  /// - Parameters:
  ///   - target: Payload bytes that are to fit.
  ///   - measure: What fits for a number.
  init(
    _ target: Int, _ kernel: KernelBuffer,
    _ measure: @escaping (_ setting: Int) throws(CallError) -> Int
  ) {
    self.target = target
    self.kernel = kernel
    self.measure = measure
  }

  /// Where a fill may end before the link is full.
  static func mostBytes(for workload: Workload) -> Int {
    let (most, overflow) = workload.bufferBytes.multipliedReportingOverflow(by: mostTimesTarget)
    return overflow ? .max : most
  }

  /// The best of a few tries.
  ///
  /// - Throws: Where the kernel refuses a buffer of the size asked for, and no smaller number holds as
  ///   much either: the reason that it gives for that size.
  func run() throws(CallError) -> Found {
    let granted = try kernel.settings()
    let allowed = affordable(granted)
    // No number holds more than about twice itself: one that is refused need not be looked for.
    let isBeyondReach = target / 2 > allowed.upperBound
    let first = isBeyondReach ? target : setting(Double(target), in: allowed)
    var latest = try take(first)
    var best = latest
    var tried = [latest]
    while distance(best) > Self.tolerance, tried.count < Self.mostTries {
      guard let next = untried(guess(after: latest, tried), tried, in: allowed) else { break }
      latest = try take(next)
      tried.append(latest)
      // Of two that are as near, the smaller: the kernel has less to do.
      let isNearer =
        (distance(latest), latest.settingBytes) < (distance(best), best.settingBytes)
      if isNearer { best = latest }
    }
    if best.settingBytes == allowed.upperBound && best.capacityBytes < target && isFarOff(best) {
      // The kernel says why. Where it grants the number and bookkeeping takes the room, the nearest
      // counts; a buffer that it refuses by its very size is an error.
      if target > allowed.upperBound { _ = try measure(target) }
      best.limit =
        allowed == granted
        ? kernel.limit(neededBytes(after: best))
        : "ipcbench's own: it gives the kernel no more than "
          + "\(ByteSize.format(allowed.upperBound)) for that"
    }
    return best
  }

  /// What the kernel is given, it may come to hold: for messages of a byte, hundreds of times the payload.
  /// Nobody who asks for less than that means so much of the machine's memory.
  private func affordable(_ allowed: ClosedRange<Int>) -> ClosedRange<Int> {
    let most = max(Self.mostMemoryBytes, target, allowed.lowerBound)
    return allowed.lowerBound...min(allowed.upperBound, most)
  }

  /// The number nearest to a guess that has not been tried, a step of at most a thirty-second away from
  /// it: TCP's accounts are not exact, and a step to the side may come nearer.
  private func untried(
    _ guess: Double, _ tried: [Found], in allowed: ClosedRange<Int>
  ) -> Int? {
    for sixtyFourths in [64.0, 65, 63, 66, 62] {
      let candidate = setting(guess * sixtyFourths / 64, in: allowed)
      if !tried.contains(where: { $0.settingBytes == candidate }) { return candidate }
    }
    return nil
  }

  /// What fits for a number.
  func take(_ setting: Int) throws(CallError) -> Found {
    Found(settingBytes: setting, capacityBytes: try measure(setting))
  }

  private func setting(_ wanted: Double, in allowed: ClosedRange<Int>) -> Int {
    guard wanted < Double(allowed.upperBound) else { return allowed.upperBound }
    let rounded = kernel.rounded(max(wanted, Double(allowed.lowerBound)))
    return min(max(rounded, allowed.lowerBound), allowed.upperBound)
  }

  private func distance(_ found: Found) -> Double {
    BufferFit.distance(found.capacityBytes, from: target)
  }

  private func isFarOff(_ found: Found) -> Bool { distance(found) > 1.1 }

  /// What the kernel would have to be given, in proportion: a power of two, to be on the safe side.
  private func neededBytes(after found: Found) -> Int {
    let factor = Double(target) / Double(max(found.capacityBytes, 1))
    let needed = min(Double(found.settingBytes) * factor, Double(Int32.max))
    return 1 << Int(log2(needed).rounded(.up))
  }

  /// In proportion, as long as all were too small or all too large; then between the two that are
  /// nearest, by turns where the line between them says and in the middle, because steps are no line.
  private func guess(after latest: Found, _ tried: [Found]) -> Double {
    let wanted = Double(target)
    let large = tried.filter { $0.capacityBytes >= target }
      .min { $0.settingBytes < $1.settingBytes }
    let small = tried.filter { $0.capacityBytes < target }
      .filter { $0.settingBytes < large?.settingBytes ?? .max }
      .max { $0.settingBytes < $1.settingBytes }
    guard let small, let large else {
      return Double(latest.settingBytes) * wanted / Double(max(latest.capacityBytes, 1))
    }
    let (low, high) = (Double(small.settingBytes), Double(large.settingBytes))
    guard tried.count.isMultiple(of: 2) else { return (low + high) / 2 }
    let (least, most) = (Double(small.capacityBytes), Double(large.capacityBytes))
    return low + (wanted - least) * (high - low) / (most - least)
  }
}
