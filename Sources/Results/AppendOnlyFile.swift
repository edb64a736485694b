import Glibc
import Paths

/// A text file that only grows by whole lines: a line is in it completely or not at all.
struct AppendOnlyFile: ~Copyable {
  /// write(2), or what a test puts in its place.
  typealias Write = @Sendable (Int32, UnsafeRawPointer, Int) -> Int

  let path: String
  private let descriptor: Int32
  private let write: Write
  /// Where the last whole line ends.
  private(set) var wholeBytes: off_t = 0

  /// Makes a new file in a folder; one that is there already is never touched.
  static func create(
    _ name: String, in folder: borrowing Folder,
    write: @escaping Write = { Glibc.write($0, $1, $2) }
  ) throws(ResultsError) -> AppendOnlyFile {
    let path = folder.path(of: name)
    let descriptor = folder.openNewFile(name)
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
    try append(Array(line.utf8))
  }

  mutating func append(_ bytes: [UInt8]) throws(ResultsError) {
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

/// A path without what is superfluous: the folder above its last part, and that part; nil where there is none.
func lastStep(of path: String) -> (parent: String, name: String)? {
  let parts = path.pathParts
  guard let name = parts.last, name != ".", name != ".." else { return nil }
  let root = path.isAbsolutePath ? "/" : ""
  return (root + parts.dropLast().joined(separator: "/"), name)
}

/// Puts a whole file in place at once: a reader sees the old one or the new one, never a part.
package func replaceFile(_ path: String, with text: String) throws(ResultsError) {
  guard let (parent, name) = lastStep(of: path) else { throw .writing(path, EISDIR) }
  guard let folder = Folder.open(parent, followingLink: true) else { throw .creating(path, errno) }
  try folder.replaceFile(name, with: text)
}

extension Folder {
  /// Puts a whole file in place at once. A link of that name is replaced and not followed.
  package func replaceFile(_ name: String, with text: String) throws(ResultsError) {
    try replaceFile(name) { file throws(ResultsError) in try file.append(text) }
  }

  /// The same with bytes that are no text.
  package func replaceFile(_ name: String, withBytes bytes: [UInt8]) throws(ResultsError) {
    try replaceFile(name) { file throws(ResultsError) in try file.append(bytes) }
  }

  /// The same with what `write` appends, which need not be in memory all at once.
  func replaceFile(
    _ name: String, by write: (inout AppendOnlyFile) throws(ResultsError) -> Void
  ) throws(ResultsError) {
    let temporary = name + ".part"
    remove(temporary)
    do throws(ResultsError) {
      var file = try AppendOnlyFile.create(temporary, in: self)
      try write(&file)
      guard rename(temporary, to: name) else { throw .writing(path(of: name), errno) }
    } catch {
      remove(temporary)
      throw error
    }
  }
}

/// mkdir -p. What is there already is left alone.
package func createDirectories(_ path: String) throws(ResultsError) {
  var partial = path.isAbsolutePath ? "/" : ""
  for component in path.pathParts {
    partial += component + "/"
    guard partial.withSystemBytes({ mkdir($0, 0o777) }) != 0 else { continue }
    let code = errno
    // EROFS and EACCES are also what an existing directory answers with.
    guard !isDirectory(partial) else { continue }
    guard code != EEXIST else {
      throw ResultsError(
        .cannotCreate, "\(partial.dropLast()): is a file, not a folder; give another --output")
    }
    throw .creating(partial, code, instead: anotherOutput)
  }
}

/// What to do where the folder for a run or a report cannot be had.
private let anotherOutput = "give another --output"

/// Makes a folder for results, and those above it, and opens it.
///
/// - Throws: `.cannotCreate` where anything is at `path`, an empty folder included.
package func claimFolder(_ path: String) throws(ResultsError) -> Folder {
  guard let (parent, name) = lastStep(of: path) else {
    throw ResultsError(.cannotCreate, "'\(path)': not a folder's name; give another --output")
  }
  var triesLeft = 16
  while true {
    do throws(ResultsError) {
      try createDirectories(parent)
      guard let folder = Folder.open(parent, followingLink: true) else {
        throw .creating(parent, errno, instead: anotherOutput)
      }
      return try claimFolder(name, in: folder)
    } catch {
      // Another run that tries its place (`OutputPlace`) may just have taken away what it had made.
      triesLeft -= 1
      guard error.code == ENOENT, triesLeft > 0 else { throw error }
    }
  }
}

/// The same in a folder that is there.
func claimFolder(
  _ name: String, in parent: borrowing Folder
) throws(ResultsError) -> Folder {
  let path = parent.path(of: name)
  // The one call that decides: whoever makes the folder owns it.
  guard parent.makeFolder(name), let folder = parent.folder(name) else {
    throw .creating(path, errno, instead: anotherOutput)
  }
  return folder
}

/// Makes the folder at `path`, or where none is given, a new one.
func claimFolder(_ path: String?, orNew standard: String) throws(ResultsError) -> Folder {
  if let path { return try claimFolder(path) }
  return try claimNewFolder(standard)
}

/// Makes a folder that is new: at `path`, or beside it with a number behind its name, which other runs that
/// begin now do not get.
func claimNewFolder(_ path: String) throws(ResultsError) -> Folder {
  let mostTries = 1000
  for number in 1..<mostTries {
    let place = number == 1 ? path : "\(path)-\(number)"
    do throws(ResultsError) { return try claimFolder(place) } catch {
      var status = stat()
      guard place.withSystemBytes({ lstat($0, &status) }) == 0 else { throw error }
    }
  }
  return try claimFolder("\(path)-\(mostTries)")
}
