import Glibc

/// A text file that only grows by whole lines: a line is in it completely or not at all.
struct AppendOnlyFile: ~Copyable {
  /// write(2), or what a test puts in its place.
  typealias Write = @Sendable (Int32, UnsafeRawPointer, Int) -> Int

  let path: String
  private let descriptor: Int32
  private let write: Write
  /// Where the last whole line ends.
  private(set) var wholeBytes: off_t = 0

  /// Makes a new file; one that is there already is never touched.
  static func create(
    _ path: String, write: @escaping Write = { Glibc.write($0, $1, $2) }
  ) throws(ResultsError) -> AppendOnlyFile {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .creating(path, errno) }
    return AppendOnlyFile(path: path, adopting: descriptor, write: write)
  }

  /// Adopts an empty file's descriptor, which closes with this value.
  init(
    path: String, adopting descriptor: Int32,
    write: @escaping Write = { Glibc.write($0, $1, $2) }
  ) {
    self.path = path
    self.descriptor = descriptor
    self.write = write
  }

  deinit { _ = close(descriptor) }

  /// Returns once the kernel has the whole line. If it does not take it all, what it took of the
  /// line is cut off again, so that the lines before stay readable.
  mutating func append(_ line: String) throws(ResultsError) {
    let bytes = Array(line.utf8)
    if let code = writeAll(bytes) {
      cut(to: wholeBytes)
      throw .writing(path, code)
    }
    wholeBytes += off_t(bytes.count)
  }

  /// Takes the lines behind a place back that was once `wholeBytes`.
  mutating func cut(to length: off_t) {
    while ftruncate(descriptor, length) < 0 && errno == EINTR {}
    wholeBytes = length
  }

  /// The error code that stopped it, or nil. Usually one write(2) takes the whole line.
  private func writeAll(_ bytes: [UInt8]) -> Int32? {
    bytes.withUnsafeBytes { bytes -> Int32? in
      guard let base = bytes.baseAddress else { return nil }
      var done = 0
      while done < bytes.count {
        let result = write(descriptor, base + done, bytes.count - done)
        if result > 0 {
          done += result
        } else if result == 0 {
          return ENOSPC  // A regular file never answers 0; asking again could go on for ever.
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }
}

/// Whether there is a folder at `path` (stat).
package func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Puts a whole file in place at once: a reader sees the old one or the new one, never a part.
package func replaceFile(_ path: String, with text: String) throws(ResultsError) {
  try replaceFile(path) { file throws(ResultsError) in try file.append(text) }
}

/// The same with what `write` appends, which need not be in memory all at once.
func replaceFile(
  _ path: String, by write: (inout AppendOnlyFile) throws(ResultsError) -> Void
) throws(ResultsError) {
  let temporary = path + ".part"
  unlink(temporary)
  do throws(ResultsError) {
    var file = try AppendOnlyFile.create(temporary)
    try write(&file)
    guard rename(temporary, path) == 0 else { throw .writing(path, errno) }
  } catch {
    unlink(temporary)
    throw error
  }
}

/// mkdir -p. What is there already is left alone.
package func createDirectories(_ path: String) throws(ResultsError) {
  var partial = path.hasPrefix("/") ? "/" : ""
  for component in path.split(separator: "/") {
    partial += component + "/"
    guard mkdir(partial, 0o777) != 0 else { continue }
    let code = errno
    // EROFS and EACCES are also what an existing directory answers with.
    guard !isDirectory(partial) else { continue }
    guard code != EEXIST else {
      throw ResultsError(
        .cannotCreate, "\(partial.dropLast()): is a file, not a folder; give another --output")
    }
    throw .creating(partial, code)
  }
}

/// Makes a folder for results, and those above it, and returns its path without what is superfluous.
///
/// - Throws: `.cannotCreate` where anything is at `path`, an empty folder included.
func claimFolder(_ path: String) throws(ResultsError) -> String {
  let components = path.split(separator: "/", omittingEmptySubsequences: true)
  guard let last = components.last else {
    throw ResultsError(.cannotCreate, "'\(path)': not a folder's name; give another --output")
  }
  let root = path.hasPrefix("/") ? "/" : ""
  let parent = root + components.dropLast().joined(separator: "/")
  let place = parent.isEmpty || parent == "/" ? "\(parent)\(last)" : "\(parent)/\(last)"
  try createDirectories(parent)
  // The one call that decides: whoever makes the folder owns it.
  guard mkdir(place, 0o777) == 0 else { throw .creating(place, errno) }
  return place
}

/// Makes the folder at `path`, or where none is given, a new one.
func claimFolder(_ path: String?, orNew standard: String) throws(ResultsError) -> String {
  if let path { try claimFolder(path) } else { try claimNewFolder(standard) }
}

/// Makes a folder that is new: at `path`, or beside it with a number behind its name, which other runs that
/// begin now do not get.
func claimNewFolder(_ path: String) throws(ResultsError) -> String {
  let mostTries = 1000
  for number in 1..<mostTries {
    let place = number == 1 ? path : "\(path)-\(number)"
    do throws(ResultsError) { return try claimFolder(place) } catch {
      var status = stat()
      guard lstat(place, &status) == 0 else { throw error }
    }
  }
  return try claimFolder("\(path)-\(mostTries)")
}
