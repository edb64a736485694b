import Glibc
import Trials

extension KernelBuffer {
  /// A pipe's or FIFO's, which fcntl(2) F_SETPIPE_SZ sets.
  ///
  /// A pipe holds so many pages, a power of two of them. A message begins a page of its own unless all of
  /// it, or what is left of it behind whole pages, still fits into the page before: 3000 bytes of
  /// payload take a page. pipe(7).
  static let pipe = KernelBuffer(
    settings: { () throws(CallError) in
      let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
      return pageBytes...max(pageBytes, largestPipeBytes())
    },
    rounded: { 1 << Int(log2(max($0, 1)).rounded()) },
    limit: { "fs.pipe-max-size, raise it by: sudo sysctl -w fs.pipe-max-size=\($0)" },
    fills: 1,
    fill: ByteStreamFill.fill(movesOn: false))

  /// fs.pipe-max-size, or what the kernel grants beyond it to a process with CAP_SYS_RESOURCE.
  private static func largestPipeBytes() -> Int {
    let privileged = 1 << 30
    let stock = 1 << 20
    guard let limit = systemSetting("fs/pipe-max-size") else { return stock }
    do {
      // Gone again at once.
      _ = try PipeEnds.open(bufferBytes: 2 * limit)
      return privileged
    } catch {
      return limit
    }
  }
}

/// A number under /proc/sys. proc(5).
func systemSetting(_ path: String) -> Int? {
  guard
    let number = try? retrying(
      "open", while: "reading a setting of the kernel",
      { open("/proc/sys/\(path)", O_RDONLY | O_CLOEXEC) })
  else { return nil }
  let file = OwnedDescriptor(adopting: number)
  var text = [UInt8](repeating: 0, count: 32)
  let count = read(file.number, &text, text.count)
  guard count > 0 else { return nil }
  let digits = text.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  return Int(String(decoding: digits, as: UTF8.self))
}
