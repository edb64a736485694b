import CLinux
import Glibc
import Mechanisms

/// The user, or a limit on CPU time, wants the run to stop.
public struct Interruption: Error, Hashable {
  /// SIGINT, SIGTERM, SIGHUP or SIGXCPU.
  public let signal: Int32

  /// Whether it is the kernel that wants it, because the process has used the CPU time that it may.
  public var isCPULimit: Bool { signal == SIGXCPU }
}

/// SIGINT, SIGTERM, SIGHUP and SIGXCPU as something to wait for beside the workers, as long as it lives. Those
/// of them that are ignored when it is opened, as by nohup, stay ignored. signalfd(2).
public final class Interrupts: Sendable {
  let descriptor: OwnedDescriptor

  /// From here on these signals no longer end the process.
  public static func open() throws(CallError) -> Interrupts {
    let number = linux_open_interrupts()
    guard number >= 0 else {
      throw CallError("signalfd", while: "watching for SIGINT", for: .connecting)
    }
    return Interrupts(descriptor: OwnedDescriptor(adopting: number))
  }

  private init(descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  deinit { linux_unblock_interrupts() }

  /// Takes a signal that has come, without waiting for one.
  public func check() throws(Interruption) {
    let signal = linux_read_interrupt(descriptor.number)
    if signal != 0 { throw Interruption(signal: signal) }
  }

  /// Whether one has come that nobody has taken yet.
  public var arePending: Bool { wait(toWriteOn: -1, milliseconds: 0) == .signal }

  /// What a wait has ended by.
  public enum Awaited: Sendable { case writable, signal, neither }

  /// Waits until something can be written, or a signal has come, which is left to be taken. If both are so
  /// at once, it is writable. poll(2).
  ///
  /// - Parameter milliseconds: How long at most; negative for ever.
  public func wait(toWriteOn number: Int32, milliseconds: Int32) -> Awaited {
    var watched = [
      // poll(2) ignores a negative descriptor.
      pollfd(fd: number, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&watched, nfds_t(watched.count), milliseconds) < 0 {
      guard errno == EINTR else { return .neither }
    }
    // An error is for write(2) to find, which does not wait then.
    if watched[0].revents != 0 { return .writable }
    return watched[1].revents != 0 ? .signal : .neither
  }
}
