import CLinux
import Glibc
import Paths

/// A child process whose two outputs are read, for as long as it may take. Killed if nobody waits for
/// it to its end. It stays in this process's group, so that Ctrl-C ends both.
struct CapturedProcess: ~Copyable {
  struct StartFailure: Error {
    /// An errno.
    let code: Int32
  }

  struct Ended {
    var output = ""
    var errors = ""
    /// nil if a signal ended it.
    var exitCode: Int32?
  }

  private let process: pid_t
  private let output: Int32
  private let errors: Int32
  private var isReaped = false

  private init(process: pid_t, output: Int32, errors: Int32) {
    self.process = process
    self.output = output
    self.errors = errors
  }

  deinit {
    close(output)
    close(errors)
    guard !isReaped else { return }
    kill(process, SIGKILL)
    while waitpid(process, nil, 0) < 0 && errno == EINTR {}
  }

  /// Starts a program with this process's environment, and its signals as this one found them.
  ///
  /// - Parameters:
  ///   - words: the program, looked for in PATH if it has no slash, and its arguments.
  ///   - input: what it finds on its standard input.
  static func start(
    _ words: [String], input: String = ""
  ) throws(StartFailure) -> CapturedProcess {
    let given = try file(holding: input)
    defer { close(given) }
    let outputs = try pipe()
    let complaints: (reading: Int32, writing: Int32)
    do throws(StartFailure) {
      complaints = try pipe()
    } catch {
      close(outputs.reading)
      close(outputs.writing)
      throw error
    }
    defer {
      close(outputs.writing)
      close(complaints.writing)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, given, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, outputs.writing, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, complaints.writing, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    linux_set_callers_signals(&attributes)
    var arguments = words.map { $0.withSystemBytes { strdup($0) } } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = (words.first ?? "").withSystemBytes {
      posix_spawnp(&process, $0, &actions, &attributes, &arguments, environ)
    }
    guard code == 0 else {
      close(outputs.reading)
      close(complaints.reading)
      throw StartFailure(code: code)
    }
    return CapturedProcess(
      process: process, output: outputs.reading, errors: complaints.reading)
  }

  /// A file without a name, to be read from its start. Unlike a pipe it never has to wait for its reader.
  private static func file(holding text: String) throws(StartFailure) -> Int32 {
    let descriptor = linux_memfd_create("input")
    guard descriptor >= 0 else { throw StartFailure(code: errno) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let code = errno
        close(descriptor)
        throw StartFailure(code: code)
      }
      rest = rest.dropFirst(count)
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  private static func pipe() throws(StartFailure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw StartFailure(code: errno) }
    // An end that some other child inherits would keep the reader waiting.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Reads until it has ended; nil if that takes longer than it may, and then it is killed.
  consuming func finish(withinMilliseconds milliseconds: Int) -> Ended? {
    let deadline = Self.now() + milliseconds
    var texts: [Int32: [UInt8]] = [:]
    var open = [output, errors]
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while !open.isEmpty {
      var watched = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&watched, nfds_t(watched.count), Int32(max(0, deadline - Self.now())))
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return nil }
      for end in watched where end.revents != 0 {
        let count = read(end.fd, &buffer, buffer.count)
        if count > 0 { texts[end.fd, default: []].append(contentsOf: buffer[..<count]) }
        if count == 0 || (count < 0 && errno != EINTR) { open.removeAll { $0 == end.fd } }
      }
    }
    // It has closed both ends, and may still be on its way out.
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      guard Self.now() < deadline else { return nil }
      usleep(1000)
    }
    isReaped = true
    return Ended(
      output: String(decoding: texts[output] ?? [], as: UTF8.self),
      errors: String(decoding: texts[errors] ?? [], as: UTF8.self),
      exitCode: status & 0x7F == 0 ? (status >> 8) & 0xFF : nil)
  }

  /// Milliseconds of a clock that nobody sets.
  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
