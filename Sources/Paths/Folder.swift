import CLinux
import Glibc

/// A folder that is held open: whatever happens to its path meanwhile, this is where its files are made and
/// removed, by plain names that lead nowhere else and through no symbolic link.
///
/// As with the calls behind it, nil, false or -1 means that errno says why. openat(2), mkdirat(2), unlinkat(2).
package struct Folder: ~Copyable, Sendable {
  /// For messages, and for other programs.
  package let path: String
  private let descriptor: Int32

  /// - Parameters:
  ///   - path: may lead through links, but for its last part.
  ///   - followsLink: whether the last part may be one, too: for a folder that the user has named.
  package static func open(_ path: String, followingLink followsLink: Bool = false) -> Folder? {
    let descriptor = (path.isEmpty ? "." : path).withSystemBytes {
      linux_open_folder(AT_FDCWD, $0, followsLink)
    }
    return descriptor < 0 ? nil : Folder(path: path, adopting: descriptor)
  }

  private init(path: String, adopting descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// How a file in it is called from outside.
  package func path(of name: String) -> String {
    path.isEmpty || path == "/" ? path + name : "\(path)/\(name)"
  }

  /// A path that leads readers to this very folder, whatever is at `path` by then; `path` itself where nothing is
  /// mounted on /proc. proc(5), /proc/self/fd.
  package var pathForReading: String {
    let own = "/proc/self/fd/\(descriptor)"
    return canAccess(own) ? own : path
  }

  // MARK: - What is in it

  /// The folder of that name in it, which is no link.
  package func folder(_ name: String) -> Folder? {
    let descriptor = call(name) { linux_open_folder(self.descriptor, $0, false) }
    return descriptor < 0 ? nil : Folder(path: path(of: name), adopting: descriptor)
  }

  /// What is there under a name, and not what a link there leads to. fstatat(2).
  package func status(of name: String) -> stat? {
    var status = stat()
    let result = call(name) { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
    return result == 0 ? status : nil
  }

  /// Of the folder itself.
  package func status() -> stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  /// The names in it but `.` and `..`, ascending; nil where it cannot be read.
  package func names() -> [String]? {
    let readable = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard readable >= 0 else { return nil }
    return namesOfEntries(consuming: readable)
  }

  /// A descriptor for reading a file in it; -1 for a link.
  package func openForReading(_ name: String) -> Int32 {
    call(name) { openat(descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
  }

  // MARK: - What is made in it

  /// A descriptor for appending to a file that was not there before.
  package func openNewFile(_ name: String) -> Int32 {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
    return call(name) { openat(descriptor, $0, flags, 0o666) }
  }

  /// A descriptor of a FIFO that was not there before, or of one that was made here just now.
  package func openFIFO(_ name: String, _ flags: Int32) -> Int32 {
    call(name) { openat(descriptor, $0, flags | O_NOFOLLOW | O_CLOEXEC) }
  }

  package func makeFIFO(_ name: String) -> Bool {
    call(name) { mkfifoat(descriptor, $0, 0o600) } == 0
  }

  package func makeFolder(_ name: String, mode: mode_t = 0o777) -> Bool {
    call(name) { mkdirat(descriptor, $0, mode) } == 0
  }

  /// Puts a file in the place of another in the same folder, in one step.
  package func rename(_ name: String, to newName: String) -> Bool {
    call(name) { old in call(newName) { renameat(descriptor, old, descriptor, $0) } } == 0
  }

  // MARK: - What is taken away

  /// Removes a file, or a link and not what it leads to.
  @discardableResult
  package func remove(_ name: String) -> Bool { call(name) { unlinkat(descriptor, $0, 0) } == 0 }

  /// Removes an empty folder.
  @discardableResult
  package func removeFolder(_ name: String) -> Bool {
    call(name) { unlinkat(descriptor, $0, AT_REMOVEDIR) } == 0
  }

  /// Removes a file or a folder with all that is in it, and nothing that a link in it leads to.
  package func removeAll(_ name: String) {
    guard !remove(name), let inner = folder(name) else { return }
    for entry in inner.names() ?? [] { inner.removeAll(entry) }
    removeFolder(name)
  }

  /// Lends a name to a call, if it is one of something in this folder.
  private func call(_ name: String, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    guard name != ".", name != "..", !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else {
      errno = EINVAL
      return -1
    }
    return name.withSystemBytes(body)
  }
}

/// The names of a directory's entries but `.` and `..`, ascending; empty where it cannot be read.
/// readdir(3).
package func namesOfEntries(in path: String, atMost limit: Int = 100_000) -> [String] {
  let descriptor = path.withSystemBytes { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  return descriptor < 0 ? [] : namesOfEntries(consuming: descriptor, atMost: limit)
}

private func namesOfEntries(consuming descriptor: Int32, atMost limit: Int = 100_000) -> [String] {
  guard let directory = fdopendir(descriptor) else {
    close(descriptor)
    return []
  }
  defer { closedir(directory) }
  var names: [String] = []
  while names.count < limit, let entry = readdir(directory) {
    // In place: the record is only as long as its name, and a copy of all 256 bytes of the field
    // reads beyond the buffer's end.
    let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
      String(systemBytes: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Whether there is a folder at `path` (stat).
package func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return path.withSystemBytes { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether `path` can be used in this way, F_OK to X_OK; if not, errno says why. access(2).
package func canAccess(_ path: String, _ mode: Int32 = F_OK) -> Bool {
  path.withSystemBytes { access($0, mode) } == 0
}

/// Where the program itself is, through all links; nil where the kernel does not tell. realpath(3).
package func pathOfProgram() -> String? {
  guard let program = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(program) }
  return String(systemBytes: program)
}

/// A variable of the environment, as `String.systemBytes` keeps it; nil where it is not set or empty. getenv(3).
package func environmentVariable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(systemBytes: value)
}
