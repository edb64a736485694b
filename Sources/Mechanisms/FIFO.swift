import Glibc
import Trials

extension Mechanism {
  /// Two named pipes in a private directory, which is gone again when both are open. fifo(7).
  public static let fifo = Mechanism(
    "fifo", summary: "two named pipes, one a direction",
    copies: "copied into the kernel and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self, buffer: .kernel(.pipe)
  ) { workload throws(CallError) in
    let directory = try PrivateDirectory.make()
    let forth = try openFIFO(directory.path + "/forth", bufferBytes: workload.bufferBytes)
    let back = try openFIFO(directory.path + "/back", bufferBytes: workload.bufferBytes)
    return PipeEnds.link(forth: forth, back: back)
  }
}

private func openFIFO(_ path: String, bufferBytes: Int) throws(CallError) -> PipeEnds {
  guard mkfifo(path, 0o600) == 0 else {
    throw CallError("mkfifo", while: "making \(path)", for: .connecting)
  }
  defer { unlink(path) }
  // Opening the reading end without O_NONBLOCK would wait for a writer, and there is none yet.
  let reading = OwnedDescriptor(
    adopting: try retrying("open", while: "opening \(path) for reading", for: .connecting) {
      open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    })
  let writing = OwnedDescriptor(
    adopting: try retrying("open", while: "opening \(path) for writing", for: .connecting) {
      open(path, O_WRONLY | O_CLOEXEC)
    })
  try PipeEnds.setCapacity(of: writing, to: bufferBytes)
  return PipeEnds(reading: reading, writing: writing)
}

/// A directory that only its owner can enter, removed at the end of its life. mkdtemp(3), mode 0700.
private struct PrivateDirectory: ~Copyable {
  let path: String

  static func make() throws(CallError) -> PrivateDirectory {
    var template = Array(Leftovers.directoryTemplate().utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else {
      throw CallError(
        "mkdtemp", while: "making \(Leftovers.directoryTemplate())", for: .connecting)
    }
    return PrivateDirectory(path: made)
  }

  deinit { rmdir(path) }
}
