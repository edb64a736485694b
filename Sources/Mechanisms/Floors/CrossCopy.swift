import CLinux
import Synchronization
import Trials

/// Where everything lies in the shared memory of one direction of `floor-copy-cross`.
struct CopyWindowLayout: Equatable {
  /// UInt64: pieces taken out, written by the receiver.
  static let takenOffset = 0
  /// UInt64: pieces handed over, written by the sender. The fetching of adjacent lines in pairs ends
  /// between the two.
  private static let handedWordOffset = 256

  /// The part of a message that is copied in one go.
  let pieceBytes: Int
  /// From one piece to the next.
  let strideBytes: Int
  let pieceCount: Int
  /// How many of them may hold something that was not taken out yet.
  let piecesInFlight: Int
  /// Whether there are two windows, one being filled while the other is emptied, each timed alone.
  let hasTwoWindows: Bool
  /// How many pieces the sender copies before it tells.
  let piecesPerHandOver: Int
  let piecesOffset: Int
  /// The word, or the first of the words, that pieces are announced by.
  let handedOffset: Int
  /// From one such word to the next; 0 if there is only one.
  let handedStrideBytes: Int
  /// In whole pages.
  let byteCount: Int

  /// In ping-pong a larger piece keeps the receiver idle while the sender is still copying, and a smaller
  /// one pays for more hand-overs than that gains: of 512 B to 32 KiB these were the fastest. In a stream
  /// both sides are busy anyway, and the longer a copy, the faster.
  private static func largestPieceBytes(_ payloadBytes: Int, isStream: Bool) -> Int {
    if isStream { return 64 << 10 }
    return payloadBytes <= 16 << 10 ? 8 << 10 : 16 << 10
  }

  /// Messages below this carry the word that announces them.
  private static let smallestLargePayloadBytes = 1024
  /// What small messages take turns in.
  private static let smallWindowBytes = 32 << 10

  /// Streams, and pieces from this size on, go through more memory than the caches hold: lines that
  /// the other core has read or written a moment ago must first be taken from it.
  private static let smallestPieceFarFromCaches = 8 << 10

  /// In a stream there are two windows in flight, each filled and emptied as a whole: both sides copy at the same
  /// time, as those of a transport do, and what each of them spends on it can be timed.
  ///
  /// In ping-pong each piece is handed over at once, by a word of its own: a line that the receiver has
  /// not looked at for a while goes over at once, where one that it is looking at must first be
  /// taken from it. The word of a small message is before it, in the same line if both fit.
  init(_ workload: Workload) {
    let line = RingLayout.cacheLineBytes
    let page = RingLayout.pageBytes
    let payload = workload.payloadBytes
    let isStream = workload.pattern == .stream
    func wholeLines(_ byteCount: Int) -> Int { (byteCount + line - 1) & ~(line - 1) }
    func wholePages(_ byteCount: Int) -> Int { (byteCount + page - 1) & ~(page - 1) }

    if !isStream && payload < Self.smallestLargePayloadBytes {
      let stampBytes = MemoryLayout<UInt64>.size
      let pieceOffset = payload <= line - stampBytes ? stampBytes : line
      pieceBytes = payload
      strideBytes = wholeLines(pieceOffset + payload)
      pieceCount = Self.smallWindowBytes / strideBytes
      piecesInFlight = pieceCount
      handedOffset = page
      handedStrideBytes = strideBytes
      piecesOffset = page + pieceOffset
    } else {
      pieceBytes = min(
        payload, Self.largestPieceBytes(payload, isStream: isStream), max(workload.bufferBytes, 1))
      strideBytes = payload <= line ? payload : wholeLines(pieceBytes)
      let fitting = max(workload.bufferBytes / strideBytes, 2)
      piecesInFlight = isStream ? fitting & ~1 : fitting
      pieceCount =
        isStream || pieceBytes >= Self.smallestPieceFarFromCaches
        ? max(piecesInFlight, RingLayout.longLapBytes / strideBytes) : piecesInFlight
      handedOffset = isStream ? Self.handedWordOffset : page
      handedStrideBytes = isStream ? 0 : line
      piecesOffset = isStream ? page : wholePages(page + pieceCount * line)
    }
    hasTwoWindows = isStream
    piecesPerHandOver = isStream ? piecesInFlight / 2 : 1
    byteCount = wholePages(piecesOffset + pieceCount * strideBytes)
  }
}

/// One direction of `floor-copy-cross`, as one of its two sides sees it.
struct CopyWindow {
  private let layout: CopyWindowLayout
  private let firstHanded: UnsafeMutableRawPointer
  /// What announces the next piece.
  private var handedWord: UnsafeMutableRawPointer
  private let taken: UnsafeMutablePointer<Atomic<UInt64>>
  private let firstPiece: UnsafeMutableRawPointer
  private let piecesEnd: UnsafeMutableRawPointer
  private var piece: UnsafeMutableRawPointer
  /// Pieces copied by this side.
  private var position: UInt64 = 0
  /// Where this side has to look what its peer has done.
  private var limit: UInt64 = 0
  /// Of the sender's pieces, how many the receiver knows of.
  private var announced: UInt64 = 0
  private var startedNanoseconds: UInt64 = 0
  /// Spent copying whole windows, from the first byte of each to the last.
  private(set) var copyingNanoseconds: UInt64 = 0

  init(_ layout: CopyWindowLayout, at memory: UnsafeMutableRawPointer) {
    self.layout = layout
    firstHanded = memory + layout.handedOffset
    handedWord = firstHanded
    taken = (memory + CopyWindowLayout.takenOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
    firstPiece = memory + layout.piecesOffset
    piecesEnd = firstPiece + layout.pieceCount * layout.strideBytes
    piece = firstPiece
  }

  // MARK: - The sender's side

  @inline(__always)
  mutating func put(_ message: UnsafeMutableRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.pieceBytes)
      if position == limit { awaitRoom() }
      piece.copyMemory(from: start + offset, byteCount: count)
      position &+= 1
      if !layout.hasTwoWindows || position == limit { handOver() }
      advance()
      offset += count
    } while offset < message.count
  }

  /// Waits for room: in a stream, for a whole window.
  @inline(never)
  private mutating func awaitRoom() {
    let room = UInt64(layout.piecesPerHandOver)
    let mostUntaken = UInt64(layout.piecesInFlight) &- room
    var known: UInt64
    while true {
      // Pairs with the release in giveBack: what was in the window has been copied out.
      known = taken.pointee.load(ordering: .acquiring)
      if position &- known <= mostUntaken { break }
      linux_cpu_relax()
    }
    limit = layout.hasTwoWindows ? position &+ room : known &+ UInt64(layout.piecesInFlight)
    if layout.hasTwoWindows { startedNanoseconds = Clock.now() }
  }

  /// SYNC POINT: hands all pieces copied so far to the receiver.
  @inline(__always)
  private mutating func handOver() {
    if layout.hasTwoWindows { copyingNanoseconds &+= Clock.now() &- startedNanoseconds }
    announced = position
    // Pairs with the acquire in awaitPiece.
    handed.pointee.store(position, ordering: .releasing)
  }

  /// Hands over a window that is not full. What follows begins another.
  mutating func flush() {
    guard announced != position else { return }
    handOver()
    limit = position
  }

  /// An answer has come, so the receiver has taken everything.
  @inline(__always)
  mutating func knowAllTaken() {
    limit = position &+ UInt64(layout.piecesInFlight)
  }

  // MARK: - The receiver's side

  @inline(__always)
  mutating func take(into message: UnsafeMutableRawBufferPointer) {
    let start = message.baseAddress.unsafelyUnwrapped
    var offset = 0
    repeat {
      let count = min(message.count - offset, layout.pieceBytes)
      if position == limit { awaitPiece() }
      (start + offset).copyMemory(from: piece, byteCount: count)
      position &+= 1
      advance()
      if position == limit { giveBack() }
      offset += count
    } while offset < message.count
  }

  @inline(__always)
  private mutating func awaitPiece() {
    // Pairs with the release in handOver.
    while true {
      limit = handed.pointee.load(ordering: .acquiring)
      // What a word of many says of the lap before is less.
      if limit > position { break }
      linux_cpu_relax()
    }
    if layout.hasTwoWindows {
      // One at a time, so that the sender gets it back as soon as it is empty.
      limit = min(limit, position &+ UInt64(layout.piecesPerHandOver))
      startedNanoseconds = Clock.now()
    }
  }

  @inline(__always)
  private mutating func giveBack() {
    if layout.hasTwoWindows {
      // The copy into the last message may still be in the compiler's hands.
      linux_compiler_barrier()
      copyingNanoseconds &+= Clock.now() &- startedNanoseconds
    }
    // Pairs with the acquire in awaitRoom. In ping-pong with messages of one piece nobody looks.
    taken.pointee.store(position, ordering: .releasing)
  }

  /// Goes on to the next piece, and to the word that announces it.
  @inline(__always)
  private mutating func advance() {
    piece += layout.strideBytes
    handedWord += layout.handedStrideBytes
    if piece == piecesEnd {
      piece = firstPiece
      handedWord = firstHanded
    }
  }

  @inline(__always)
  private var handed: UnsafeMutablePointer<Atomic<UInt64>> {
    handedWord.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  mutating func takeCopyingTime() -> UInt64 {
    defer { copyingNanoseconds = 0 }
    return copyingNanoseconds
  }
}

/// Messages copied into shared memory by one core and out of it by the other, with a word to say so
/// and nothing else: no slots, no sleeping, no credit but for a window as a whole.
///
/// In ping-pong this is the plainest exchange. In a stream both copy at the same time, and each times its
/// own half: what a pipelined transport can do at best is what the slower half can do beside the other.
struct CrossCopy: ~Copyable, Carrier {
  private let mapping: SharedMapping
  private let layout: CopyWindowLayout
  private let incomingOffset: Int
  private let outgoing: UnsafeMutableRawBufferPointer
  private let incoming: UnsafeMutableRawBufferPointer
  private var sender: CopyWindow
  private var receiver: CopyWindow

  static func adopt(
    _ end: consuming LinkEnd, for session: borrowing Session
  ) throws(CallError) -> CrossCopy {
    let layout = CopyWindowLayout(session.workload)
    let mapping = try SharedMapping.shared(end.incoming, byteCount: 2 * layout.byteCount)
    // As a ring's, each direction's memory is brought in by its receiver.
    let incomingOffset = session.role == .producer ? layout.byteCount : 0
    mapping.prefault(from: incomingOffset, byteCount: layout.byteCount)
    return CrossCopy(
      mapping: mapping, layout: layout, incomingOffset: incomingOffset,
      outgoing: session.outgoing, incoming: session.incoming)
  }

  private init(
    mapping: consuming SharedMapping, layout: CopyWindowLayout, incomingOffset: Int,
    outgoing: UnsafeMutableRawBufferPointer, incoming: UnsafeMutableRawBufferPointer
  ) {
    let start = mapping.bytes.baseAddress.unsafelyUnwrapped
    sender = CopyWindow(layout, at: start + (layout.byteCount - incomingOffset))
    receiver = CopyWindow(layout, at: start + incomingOffset)
    self.mapping = mapping
    self.layout = layout
    self.incomingOffset = incomingOffset
    self.outgoing = outgoing
    self.incoming = incoming
  }

  @inline(__always)
  mutating func send<Touch: Touching>(_ sequence: UInt64, _: Touch.Type) throws(CallError) {
    Touch.write(sequence, to: outgoing)
    sender.put(outgoing)
  }

  @inline(__always)
  mutating func receive<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    receiver.take(into: incoming)
    inspector.inspect(UnsafeRawBufferPointer(incoming), as: Touch.self)
  }

  @inline(__always)
  mutating func exchange<Touch: Touching>(
    _ sequence: UInt64, _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try send(sequence, Touch.self)
    try receive(&inspector, Touch.self)
    sender.knowAllTaken()
  }

  @inline(__always)
  mutating func answer<Touch: Touching>(
    _ inspector: inout Inspector, _: Touch.Type
  ) throws(CallError) {
    try receive(&inspector, Touch.self)
    sender.knowAllTaken()
    sender.put(incoming)
  }

  mutating func flush() throws(CallError) { sender.flush() }

  mutating func complete(_ report: inout PhaseReport) throws(CallError) {
    let copying = max(sender.takeCopyingTime(), receiver.takeCopyingTime())
    if layout.hasTwoWindows { report.elapsedNanoseconds = copying }
  }

  var waitCounts: WaitCounts { WaitCounts() }

  var sharedMemory: UnsafeRawBufferPointer? {
    UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(mapping.bytes)[incomingOffset...].prefix(layout.byteCount))
  }
}
