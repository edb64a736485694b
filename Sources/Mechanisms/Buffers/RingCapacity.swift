extension RingLayout {
  /// Payload bytes that a ring takes while nobody receives: so many whole messages, and of the next one
  /// as many chunks as there are slots left for.
  func capacityBytes(payloadBytes: Int) -> Int {
    let slotsPerMessage = (payloadBytes + chunkBytes - 1) / chunkBytes
    let (messages, slotsLeft) = slotCount.quotientAndRemainder(dividingBy: slotsPerMessage)
    return messages * payloadBytes + slotsLeft * chunkBytes
  }
}
