import Trials

extension Examination {
  /// Memory, the network stack, and the settings that cap buffers and payloads.
  var limitFindings: [Finding] {
    [
      memory, hugePages, congestionControl, pipes, sockets, lockedMemory, posixQueues,
      systemVQueues,
    ].compactMap { $0 }
  }

  private func limit(_ name: String) -> Int? { host.limits[name].flatMap { Int($0) } }

  private static let mebibyte = 1 << 20

  // MARK: - Memory

  private var memory: Finding? {
    let limits = [vitals.availableMemoryBytes, vitals.cgroup.memoryBytes].compactMap { $0 }
    guard let bytes = limits.min() else { return nil }
    return Finding(
      "memory", bytes < 1 << 30 ? .warning : .good,
      "\(bytes / UInt64(Self.mebibyte)) MiB of memory are to be had",
      why: "A run of large payloads that is short of memory is swapped out or killed.")
  }

  private var hugePages: Finding? {
    guard let choice = host.transparentHugePages else { return nil }
    return Finding(
      "transparent-huge-pages", choice == "always" ? .note : .good,
      "transparent huge pages: \(choice)",
      why: "Pages that the kernel joins and splits while a trial runs make large copies uneven.",
      remedy: choice == "always"
        ? "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled" : nil)
  }

  // MARK: - Network

  private var congestionControl: Finding? {
    guard let control = host.tcpCongestionControl else { return nil }
    let why = "A congestion control that paces, as bbr, streams over loopback at a fifth of cubic."
    let found = "TCP's congestion control is \(control)"
    let windowed = ["cubic", "reno"]
    guard !windowed.contains(control) else {
      return Finding("tcp-congestion-control", .good, found, why: why)
    }
    let better = windowed.first { vitals.availableCongestionControls.contains($0) } ?? "reno"
    return Finding(
      "tcp-congestion-control", control.hasPrefix("bbr") ? .warning : .note, found,
      why: why, remedy: "sudo sysctl -w net.ipv4.tcp_congestion_control=\(better)")
  }

  private var sockets: Finding? {
    let names = ["net.core.wmem_max", "net.core.rmem_max"]
    guard let bytes = names.compactMap({ limit($0) }).min() else { return nil }
    return buffers(
      "socket-buffers", bytes, "sockets may be given up to",
      why:
        "Small messages take several times --buffer, 128 KiB of 64 B ones on a Unix socket about "
        + "800 KiB; where that is refused, less is in flight.",
      remedy: "sudo sysctl -w " + names.map { "\($0)=4194304" }.joined(separator: " "))
  }

  private var pipes: Finding? {
    guard let bytes = limit("fs.pipe-max-size") else { return nil }
    return buffers(
      "pipe-buffers", bytes, "pipes hold up to",
      why: "A larger --buffer is refused for pipes and FIFOs.",
      remedy: "sudo sysctl -w fs.pipe-max-size=1048576")
  }

  /// What runs use by default must fit; what that takes for small messages on a socket, and what one
  /// likes to try with a pipe, a mebibyte, should.
  private func buffers(
    _ id: String, _ bytes: Int, _ holding: String, why: String, remedy: String
  ) -> Finding {
    let severity: Finding.Severity =
      bytes < Workload.defaultBufferBytes ? .warning : bytes < Self.mebibyte ? .note : .good
    return Finding(
      id, severity, "\(holding) \(ByteSize.format(bytes)) each", why: why,
      remedy: severity == .good ? nil : remedy)
  }

  // MARK: - Locked memory and message queues

  private var lockedMemory: Finding? {
    guard let text = host.limits["RLIMIT_MEMLOCK"] else { return nil }
    let bytes = Int(text) ?? .max
    let isTight = bytes < 64 * Self.mebibyte
    return Finding(
      "locked-memory", isTight ? .note : .good,
      "a process may lock \(bytes == .max ? "any amount" : ByteSize.format(bytes)) of memory",
      why: "Buffers that a mechanism locks or registers cannot be larger.",
      remedy: isTight ? "sudo prlimit --pid $$ --memlock=unlimited:unlimited" : nil)
  }

  private var posixQueues: Finding? {
    guard let bytes = limit("fs.mqueue.msgsize_max"), let count = limit("fs.mqueue.msg_max") else {
      return nil
    }
    let isTight = bytes < Self.mebibyte
    return Finding(
      "posix-message-queues", isTight ? .note : .good,
      "a POSIX message queue holds \(count) messages of up to \(ByteSize.format(bytes))",
      why: "Larger payloads cannot go through such a queue in one message.",
      remedy: isTight ? "sudo sysctl -w fs.mqueue.msgsize_max=1048576" : nil)
  }

  private var systemVQueues: Finding? {
    guard let bytes = limit("kernel.msgmax"), let queue = limit("kernel.msgmnb") else { return nil }
    let isTight = min(bytes, queue) < Self.mebibyte
    return Finding(
      "system-v-message-queues", isTight ? .note : .good,
      "a System V message queue holds \(ByteSize.format(queue)) in messages of up to "
        + ByteSize.format(bytes),
      why: "Larger payloads cannot go through such a queue in one message.",
      remedy: isTight ? "sudo sysctl -w kernel.msgmax=1048576 kernel.msgmnb=16777216" : nil)
  }
}
