/// What a mechanism is, as far as the question of shared memory against message passing goes.
enum Family: Sendable {
  /// Both sides load and store the same memory.
  case sharedMemory
  /// The kernel takes a message from one side and gives it to the other.
  case messagePassing
  /// Message passing with a library on top that packs, names and dispatches.
  case remoteCall
  /// A limit or a fault, which is no way to move data.
  case aside

  /// By the beginning of its name, so that a new mechanism needs no line here: what is neither shared
  /// memory nor a call is the kernel's.
  static func of(_ mechanism: String) -> Family {
    if mechanism.hasPrefix("shm-") { return .sharedMemory }
    if mechanism.hasPrefix("floor-") || mechanism.hasPrefix("fault-") { return .aside }
    return mechanism.contains("rpc") ? .remoteCall : .messagePassing
  }
}
