import Glibc
import Paths

/// A file that is read from front to back, and that is no device, pipe or socket: opening one of those can
/// wait for ever, and what comes out of it has no end.
package struct RegularFile: ~Copyable {
  let descriptor: Int32
  private let path: String

  /// - Throws: `.malformed` for what is no regular file, with the name of what it is; nothing is waited for.
  static func open(_ path: String) throws(ResultsError) -> RegularFile {
    // Asked before it is opened: opening alone rewinds a tape, or starts a watchdog.
    var status = stat()
    guard path.withSystemBytes({ stat($0, &status) }) == 0 else { throw .reading(path, errno) }
    try requireRegular(status, path)
    // Another file may have taken its place meanwhile; that of a FIFO would wait for a writer.
    let descriptor = path.withSystemBytes {
      Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    }
    guard descriptor >= 0 else { throw .reading(path, errno) }
    return try checked(RegularFile(descriptor: descriptor, path: path))
  }

  /// The file of that name in a folder, which is no link either.
  static func open(
    _ name: String, in folder: borrowing Folder
  ) throws(ResultsError) -> RegularFile {
    let path = folder.path(of: name)
    guard let status = folder.status(of: name) else { throw .reading(path, errno) }
    try requireRegular(status, path)
    let descriptor = folder.openForReading(name)
    guard descriptor >= 0 else { throw .reading(path, errno) }
    return try checked(RegularFile(descriptor: descriptor, path: path))
  }

  /// What is open by now may be another file than was asked about.
  private static func checked(
    _ file: consuming RegularFile
  ) throws(ResultsError) -> RegularFile {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else { throw .reading(file.path, errno) }
    try requireRegular(status, file.path)
    return file
  }

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { _ = close(descriptor) }

  /// The whole of it.
  ///
  /// - Parameter mostBytes: what a larger file is refused for, without reading on.
  static func contents(_ path: String, mostBytes: Int) throws(ResultsError) -> [UInt8] {
    try RegularFile.open(path).contents(mostBytes: mostBytes)
  }

  /// The whole of the file of that name in a folder.
  package static func contents(
    _ name: String, in folder: borrowing Folder, mostBytes: Int
  ) throws(ResultsError) -> [UInt8] {
    try RegularFile.open(name, in: folder).contents(mostBytes: mostBytes)
  }

  private func contents(mostBytes: Int) throws(ResultsError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let block = try read(atMost: Self.blockBytes)
      guard !block.isEmpty else { return bytes }
      bytes += block
      guard bytes.count <= mostBytes else {
        throw ResultsError(
          .malformed,
          "\(path): larger than \(mostBytes >> 20) MiB, the most that such a file holds; give one that "
            + "ipcbench wrote")
      }
    }
  }

  private static let blockBytes = 64 << 10

  /// The next bytes; none at the end. read(2).
  private func read(atMost room: Int) throws(ResultsError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      let result = read(into: UnsafeMutableRawBufferPointer(buffer))
      if result < 0 { code = errno }
      count = max(0, result)
    }
    guard code == 0 else { throw .reading(path, code) }
    return bytes
  }

  /// read(2), again where a signal interrupted it; below 0 with errno set.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private static func requireRegular(_ status: stat, _ path: String) throws(ResultsError) {
    let what: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw .reading(path, EISDIR)
    case S_IFIFO: what = "a pipe (FIFO)"
    case S_IFSOCK: what = "a socket"
    case S_IFCHR: what = "a character device"
    case S_IFBLK: what = "a block device"
    default: what = "neither file nor folder"
    }
    throw ResultsError(
      .malformed,
      "\(path): is \(what), not a regular file, and is not read; copy what it holds to a file")
  }
}
