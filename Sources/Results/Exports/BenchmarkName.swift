import Trials

extension Configuration {
  /// What tools call it that keep a benchmark's history:
  /// `pattern=ping-pong/mechanism=pipe/wait=block/placement=same-core/cpus=0+0/payload=64`.
  ///
  /// The same in every run, unlike `name(with:)`, which says what varies: factors that have a default are
  /// named where they differ from it. `key=value` between slashes is what Go's tools take apart
  /// (<https://go.dev/design/14313-benchmark-format>); nothing in it is a space. The payload comes last,
  /// since a number behind a dash at the end would be read as a number of CPUs.
  package var benchmarkName: String {
    var parts: [(Factor, String)] = [
      (.pattern, workload.pattern.rawValue), (.mechanism, mechanism),
      (.wait, workload.wait.rawValue),
    ]
    if let budget = workload.spinBudgetNanoseconds,
      budget != Workload.defaultSpinBudgetNanoseconds
    {
      parts.append((.spinBudget, TimeSpan.format(budget)))
    }
    if workload.dataPath != .copy { parts.append((.dataPath, workload.dataPath.rawValue)) }
    if workload.touch != .header { parts.append((.touch, workload.touch.rawValue)) }
    if workload.bufferBytes != Workload.defaultBufferBytes {
      parts.append((.buffer, "\(workload.bufferBytes)"))
    }
    if workload.workingSetBytes != 0 {
      parts.append((.workingSet, "\(workload.workingSetBytes)"))
    }
    if let pace = workload.pace {
      parts.append((.rate, PlainNumber.text(pace.messagesPerSecond)))
      parts.append((.arrivals, pace.arrivals.rawValue))
    }
    parts.append(
      (.placement, "\(cores.placement.rawValue)/cpus=\(cores.producer)+\(cores.consumer)"))
    if let batch = workload.roundTripsPerSample, batch > 1 { parts.append((.batch, "\(batch)")) }
    if let memoryNode { parts.append((.memoryNode, "\(memoryNode)")) }
    parts.append((.payload, "\(workload.payloadBytes)"))
    return parts.map { "\($0.rawValue)=\($1)" }.joined(separator: "/")
  }
}

/// A number as programs read it: the shortest that reads back as the same, whole ones without a point.
package enum PlainNumber {
  package static func text(_ value: Double) -> String {
    Int64(exactly: value).map { String($0) } ?? value.description
  }
}
