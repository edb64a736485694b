import Trials

/// Who decides how much a mechanism's buffer holds, and how that is found out.
public enum BufferKind: Sendable {
  /// There is none whose size anybody chooses, as in a floor.
  case none
  /// The mechanism lays out its buffer itself and says what fits: payload bytes that it takes while
  /// nobody receives.
  case ownLayout(capacityBytes: @Sendable (Workload) -> Int)
  /// The kernel keeps it and is given a number; what fits for that number is seen by filling a link.
  case kernel(KernelBuffer)
}

/// A buffer that the kernel keeps: which numbers it can be given, and how to see what fits then.
public struct KernelBuffer: Sendable {
  /// Numbers that this process can give the kernel, in bytes.
  let settings: @Sendable () throws(CallError) -> ClosedRange<Int>
  /// The nearest number that the kernel takes as it is.
  let rounded: @Sendable (Double) -> Int
  /// What keeps the number from being larger, and how to raise that to so many bytes.
  let limit: @Sendable (_ wantedBytes: Int) -> String
  /// On how many links the fill is tried for one number; the median counts.
  let fills: Int
  /// Sends whole messages through a link that nobody reads from until it takes no more.
  let fill: Fill

  /// - Returns: Payload bytes that the link has taken; no need to go on beyond `mostBytes`.
  public typealias Fill =
    @Sendable (_ link: borrowing Link, _ payloadBytes: Int, _ mostBytes: Int) throws(CallError)
    -> Int

  /// The same buffer, filled by something that does not write payloads as they are, and that comes to the
  /// same each time.
  public func filled(by fill: @escaping Fill) -> KernelBuffer {
    KernelBuffer(settings: settings, rounded: rounded, limit: limit, fills: 1, fill: fill)
  }
}

extension Mechanism {
  /// Chooses what makes the capacity come nearest to `workload.bufferBytes`, by measuring on spare
  /// links. Takes milliseconds, and always comes to the same where the kernel's accounts are exact.
  ///
  /// - Parameter setting: A number for the kernel that is chosen already; only its capacity is
  ///   measured then.
  /// - Returns: nil if the mechanism has no buffer of a size that can be chosen.
  /// - Throws: What kept a link from being made; also where the kernel refuses `bufferBytes` itself, or
  ///   as much as it takes.
  public func fitBuffer(
    for workload: Workload, setting: Int? = nil
  ) throws(CallError) -> BufferFit? {
    switch buffer {
    case .none: return nil
    case .ownLayout(let capacityBytes):
      return BufferFit(
        mechanism: name, workload: workload, settingBytes: nil,
        capacityBytes: capacityBytes(workload))
    case .kernel(let kernel):
      let search = BufferSearch(workload.bufferBytes, kernel) { setting throws(CallError) in
        try capacityBytes(workload, kernel, setting: setting)
      }
      let found = if let setting { try search.take(setting) } else { try search.run() }
      return BufferFit(
        mechanism: name, workload: workload, settingBytes: found.settingBytes,
        capacityBytes: found.capacityBytes, limit: found.limit)
    }
  }

  /// What fits when the kernel is given this number.
  private func capacityBytes(
    _ workload: Workload, _ kernel: KernelBuffer, setting: Int
  ) throws(CallError) -> Int {
    var spare = workload
    spare.bufferBytes = setting
    var capacities: [Int] = []
    for _ in 0..<kernel.fills {
      let link = try makeLink(spare)
      capacities.append(
        try kernel.fill(link, workload.payloadBytes, BufferSearch.mostBytes(for: workload)))
    }
    return capacities.sorted()[kernel.fills / 2]
  }

  /// The link of a trial.
  ///
  /// - Parameter fit: What was found for the workload's buffer; without, the kernel is given the
  ///   buffer's nominal size.
  public func makeLink(
    _ workload: Workload, _ fit: BufferFit?
  ) throws(CallError) -> Link {
    var fitted = workload
    fitted.bufferBytes = fit?.settingBytes ?? workload.bufferBytes
    return try makeLink(fitted)
  }
}
