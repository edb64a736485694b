import Glibc
import Mechanisms
import Trials

extension Examination {
  /// What this machine, or the sandbox around this process, does not let a run have.
  var availabilityFindings: [Finding] {
    let refusals = vitals.refusals
    return [
      refusals.trials.map { error in
        Finding(
          "trials", .problem, "no trial can be run: \(error)",
          why: "Every trial needs two pinned processes that share memory.",
          remedy: SystemFailure.command(error.code))
      },
      sharedMemory,
      refused(
        "loopback", "TCP over 127.0.0.1", refusals.loopback,
        why: "Mechanisms over TCP are left out of a run."),
      refused(
        "unix-sockets", "Unix sockets", refusals.unixSockets,
        why: "Mechanisms over Unix sockets are left out of a run."),
      refused("pipes", "pipes", refusals.pipes, why: "They are left out of a run."),
      refused(
        "fifos", "named pipes", refusals.fifos, why: "They are left out of a run.",
        remedy: "export TMPDIR=/tmp"),
      refusals.memoryPolicy.map { error in
        Finding(
          "memory-policy", .note, "\(error)",
          why: "A run with --memory-node is refused; others take memory where their cores are.",
          remedy: "docker run --cap-add SYS_NICE IMAGE")
      },
      openFiles, fileSize,
    ].compactMap { $0 }
  }

  /// - Parameter remedy: where the error code itself has none.
  private func refused(
    _ id: String, _ what: String, _ error: CallError?, why: String, remedy: String? = nil
  ) -> Finding? {
    error.map { error in
      Finding(
        id, .warning, "\(what) cannot be had: \(error)", why: why,
        remedy: SystemFailure.command(error.code) ?? remedy)
    }
  }

  /// Twice what a run of the largest messages has by default takes a few mebibytes, and containers have
  /// 64 MiB unless told otherwise.
  private static let tightBytes = 16 << 20
  private static let roomyBytes = 64 << 20

  private var sharedMemory: Finding? {
    let why = "A ring takes more than twice --buffer there; what does not fit is left out of a run."
    let place = SharedMemoryRoom.folder
    let remedy = SharedMemoryRoom.enlargement(for: Self.roomyBytes)
    if let error = vitals.refusals.sharedMemory {
      return Finding(
        "shared-memory", .warning, "shared memory cannot be had: \(error)", why: why,
        remedy: Self.sharedMemoryRemedies[error.code] ?? remedy)
    }
    guard let room = vitals.sharedMemory else { return nil }
    let severity: Finding.Severity =
      room.freeBytes < Self.tightBytes ? .warning : room.freeBytes < Self.roomyBytes ? .note : .good
    return Finding(
      "shared-memory", severity,
      "\(place) has \(Self.rounded(room.freeBytes)) free of \(Self.rounded(room.totalBytes))",
      why: why, remedy: severity == .good ? nil : remedy)
  }

  private static let sharedMemoryRemedies = [
    ENOENT: "sudo mount -t tmpfs none /dev/shm", ENOTDIR: "sudo mount -t tmpfs none /dev/shm",
    EROFS: "sudo mount -o remount,rw /dev/shm", EACCES: "sudo chmod 1777 /dev/shm",
    EMFILE: SystemFailure.command(EMFILE), EFBIG: SystemFailure.command(EFBIG),
  ].compactMapValues(\.self)

  /// To the largest unit of which there is one.
  private static func rounded(_ bytes: Int) -> String {
    for (name, unit) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= unit {
      return "\(bytes / unit) \(name)"
    }
    return "\(bytes) B"
  }

  /// A run has some twenty files open, and a report of several runs a few more.
  private static let fewFiles = 64

  private var openFiles: Finding? {
    guard let count = host.limits["RLIMIT_NOFILE"].flatMap({ Int($0) }), count < Self.fewFiles
    else { return nil }
    return Finding(
      "open-files", .warning, "a process may have \(count) files open",
      why: "A run that needs one more ends there.", remedy: SystemFailure.command(EMFILE))
  }

  private var fileSize: Finding? {
    guard let bytes = vitals.largestFileBytes else { return nil }
    return Finding(
      "file-size", .warning, "a file may have \(Self.rounded(Int(clamping: bytes))) at most",
      why: "A run whose results, or whose shared memory, would be larger ends there.",
      remedy: SystemFailure.command(EFBIG))
  }
}
