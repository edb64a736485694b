extension Mechanism {
  /// The mechanisms of this module, in the order that `ipcbench list` shows them. A new one is a
  /// file of its own and a line here.
  public static let core: [Mechanism] = [
    .pipe,
    .fifo,
    .unixStream,
    .tcp,
    .sharedMemoryRing,
    .sharedMemoryPlain,
  ]
}
