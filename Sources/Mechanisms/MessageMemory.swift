import Trials

/// Where a side keeps its messages: one buffer that is used again and again, or several in turn.
///
/// With one, a message's lines are in the nearest cache when they are needed again (hot). With several,
/// out of more memory than a cache holds, they are not, as in a program that makes its messages out of data
/// of its own. The memory belongs to the session and is there, page by page, before the first message.
public struct MessageMemory: @unchecked Sendable {
  private let first: UnsafeMutableRawPointer
  private let end: UnsafeMutableRawPointer
  /// From one buffer to the next; 0 where there is one, which then never comes to the end.
  private let strideBytes: Int
  private let payloadBytes: Int
  private var place: UnsafeMutableRawPointer

  /// - Parameter memory: Page aligned, of `layout.byteCount` bytes.
  init(_ layout: MessageMemoryLayout, in memory: UnsafeMutableRawBufferPointer) {
    precondition(memory.count >= layout.byteCount)
    first = memory.baseAddress.unsafelyUnwrapped
    payloadBytes = layout.payloadBytes
    strideBytes = layout.count > 1 ? layout.strideBytes : 0
    end = first + layout.count * layout.strideBytes
    // The first call of next() comes to the first buffer.
    place = layout.count > 1 ? end - layout.strideBytes : first
  }

  /// The buffer in use: exactly one payload.
  @inline(__always)
  public var current: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: place, count: payloadBytes)
  }

  /// Goes on to the next buffer, and behind the last one to the first.
  @inline(__always)
  public mutating func next() -> UnsafeMutableRawBufferPointer {
    place += strideBytes
    if place == end { place = first }
    return current
  }
}

/// How a side's buffers for one direction lie in memory.
struct MessageMemoryLayout: Equatable {
  let payloadBytes: Int
  /// From one buffer to the next.
  let strideBytes: Int
  /// How many buffers there are.
  let count: Int

  private static let cacheLineBytes = 64
  private static let pageBytes = 4096

  /// As many messages as fit into the workload's working set, at least one. They begin at cache lines of
  /// their own; those of a page or more at pages, so that where a message lies within its page is the
  /// same for each.
  init(_ workload: Workload) {
    payloadBytes = workload.payloadBytes
    let unit = payloadBytes < Self.pageBytes ? Self.cacheLineBytes : Self.pageBytes
    strideBytes = (payloadBytes + unit - 1) / unit * unit
    count = max(workload.workingSetBytes / strideBytes, 1)
  }

  var byteCount: Int { count * strideBytes }
}
