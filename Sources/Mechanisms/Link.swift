import CLinux

/// One end of a link, as the process that holds it sees it.
public struct LinkEnd: ~Copyable, Sendable {
  /// What messages come in by: a pipe's read end, a socket, or the memory object of a ring.
  public let incoming: OwnedDescriptor
  /// What messages go out by; nil when `incoming` serves both directions.
  public let outgoing: OwnedDescriptor?

  public init(incoming: consuming OwnedDescriptor, outgoing: consuming OwnedDescriptor? = nil) {
    self.incoming = incoming
    self.outgoing = outgoing
  }

  /// Takes over descriptors that were inherited: one for both directions, or incoming and outgoing.
  public init?(adopting numbers: [Int32]) {
    switch numbers.count {
    case 1: self.init(incoming: OwnedDescriptor(adopting: numbers[0]))
    case 2:
      self.init(
        incoming: OwnedDescriptor(adopting: numbers[0]),
        outgoing: OwnedDescriptor(adopting: numbers[1]))
    default: return nil
    }
  }

  /// The descriptors' numbers, in the order that `init(adopting:)` takes them.
  public var numbers: [Int32] {
    switch outgoing {
    case .some(let outgoing): [incoming.number, outgoing.number]
    case .none: [incoming.number]
    }
  }

  /// fcntl(2) O_NONBLOCK: reads and writes answer EAGAIN where they would sleep.
  func setNonblocking(_ nonblocking: Bool) throws(CallError) {
    for number in numbers where linux_set_nonblocking(number, nonblocking) != 0 {
      throw CallError("fcntl(F_SETFL)", while: "choosing the way to wait")
    }
  }
}

/// Two connected ends, made by the driver. Nothing of it has a name any more: when the last process
/// that holds an end is gone, so is the link.
public struct Link: ~Copyable, Sendable {
  public let producer: LinkEnd
  public let consumer: LinkEnd

  public init(producer: consuming LinkEnd, consumer: consuming LinkEnd) {
    self.producer = producer
    self.consumer = consumer
  }
}

/// Which of a trial's two workers this is.
public enum Role: String, Codable, CaseIterable, Sendable {
  /// Starts every exchange and keeps the time.
  case producer
  case consumer
}
