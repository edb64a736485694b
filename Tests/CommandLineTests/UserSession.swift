import Foundation
import Glibc
import TestSupport
import Testing

/// All that users see, one test after the other: each starts processes that want both cores.
@Suite(.serialized) enum AtTheCommandLine {}

/// A user's session: a fresh folder, and programs run in it. The folder goes with the session.
final class UserSession {
  /// Where programs run unless told otherwise.
  let folder: String
  /// What programs take for the temporary directory; also how this session's processes are told
  /// from all others.
  let temporaryFolder: String

  init() throws {
    var template = Array("\(NSTemporaryDirectory())/user-session-XXXXXX".utf8CString)
    folder = String(cString: try #require(mkdtemp(&template)))
    temporaryFolder = "\(folder)/tmp"
    // A user without privileges works here as well, in some tests.
    try #require(chmod(folder, 0o777) == 0)
    try #require(mkdir(temporaryFolder, 0o777) == 0)
    try #require(chmod(temporaryFolder, 0o777) == 0)
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      Issue.record("\(folder) is left behind: \(error)")
    }
  }

  /// The program under test: the build puts it beside the tests.
  static let ipcbench = BuiltProgram.path

  // MARK: - Programs

  /// Runs `ipcbench` with these arguments to its end.
  func ipcbench(_ arguments: String..., in folder: String? = nil) throws -> Finished {
    try start([Self.ipcbench] + arguments, in: folder).finish()
  }

  /// Runs `ipcbench run` with these arguments to its end, in a debug build.
  func run(_ arguments: [String], in folder: String? = nil) throws -> Finished {
    try start(Self.runCommand + arguments, in: folder).finish()
  }

  /// The words that a run of a debug build begins with. Floors take two seconds and have tests of their
  /// own.
  static let runCommand = runCommandWithFloors + ["--no-floors"]

  static let runCommandWithFloors = [ipcbench, "run", "--allow-debug-build"]

  /// A short run, of one trial. Its length is in messages: in two milliseconds of a busy machine
  /// there may be none.
  static let oneTrial = [
    "--mechanism", "pipe", "--pattern", "ping-pong", "--wait", "block", "--payload", "64",
    "--trials", "1", "--messages", "200", "--warmup", "1ms",
  ]

  /// Runs any program to its end; one without a slash is looked for in PATH.
  func command(_ words: [String]) throws -> Finished {
    try start(words).finish()
  }

  /// Whether a program runs here and is content: for tests that need more than every host has.
  static func canRun(_ words: String...) -> Bool {
    (try? UserSession().command(words))?.exitCode == 0
  }

  /// What stands before a run's words to have its disk filled behind its back. What the run left there
  /// is kept as `kept`; the run goes to `disk/run`. Takes the right to mount.
  ///
  /// - Parameters:
  ///   - rows: how many the run is let write before that.
  ///   - file: in the run's folder, where they are counted.
  static func onADiskThatFillsUp(
    kibibytes: Int, afterRows rows: Int, of file: String
  ) -> [String] {
    let script = """
      mkdir disk && mount -t tmpfs -o size=\(kibibytes)k none disk || exit 99
      "$@" --output disk/run & run=$!
      tries=0
      until [ "$(wc -l 2>/dev/null <disk/run/\(file))" -gt \(rows + 1) ] 2>/dev/null; do
        tries=$((tries + 1)); [ $tries -lt 2000 ] || kill $run || break
        sleep 0.01
      done
      cat /dev/zero >disk/filler 2>/dev/null
      wait $run; code=$?
      cp -r disk/run kept; umount disk
      exit $code
      """
    return ["unshare", "-m", "sh", "-c", script, "sh"]
  }

  /// - Parameter onTerminal: gives the program a terminal of its own as standard input and standard
  ///   error; standard output stays a pipe.
  func start(
    _ words: [String], in folder: String? = nil, onTerminal: Bool = false
  ) throws -> RunningProgram {
    let inherited = ["PATH", "HOME", "LD_LIBRARY_PATH"].compactMap { name in
      ProcessInfo.processInfo.environment[name].map { "\(name)=\($0)" }
    }
    return try RunningProgram(
      words,
      environment: inherited + ["TMPDIR=\(temporaryFolder)"] + (onTerminal ? ["TERM=xterm"] : []),
      folder: folder ?? self.folder, onTerminal: onTerminal)
  }

  // MARK: - Files

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The text of a file, by its place in the session's folder.
  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  /// Names in a folder of the session, ascending; empty if there is no such folder.
  func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
  }

  /// The tags in a run's histogram log, in its order.
  func histogramTags(in folder: String) throws -> [String] {
    try text("\(folder)/histograms.hlog").split(separator: "\n").filter { $0.hasPrefix("Tag=") }
      .compactMap { $0.dropFirst(4).split(separator: ",").first.map(String.init) }
  }

  func table(_ name: String) throws -> Table { try Table(csv: text(name)) }

  func json(_ name: String) throws -> [String: Any] { try jsonObject(text(name)) }

  // MARK: - Leftovers

  /// Processes of this session that are still there. What has been killed may take a moment to go.
  func leftProcesses() throws -> [String] {
    for _ in 0..<200 {
      if try processes().isEmpty { return [] }
      usleep(10_000)
    }
    return try processes()
  }

  /// Numbers of this session's processes: those with its temporary folder in their environment.
  func processes() throws -> [String] {
    let mark = "TMPDIR=\(temporaryFolder)"
    return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      guard Int(name) != nil,
        let environment = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/environ"))
      else { return false }
      return environment.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
    }
  }

  /// Objects in shared memory and in the session's temporary folder that bear the program's name.
  func leftObjects() throws -> [String] {
    try ["/dev/shm", temporaryFolder].flatMap { place in
      try FileManager.default.contentsOfDirectory(atPath: place)
        .filter { $0.hasPrefix("ipcbench-") }
        .map { "\(place)/\($0)" }
    }
  }
}

/// How a program ended and what it said.
struct Finished {
  var output = ""
  /// What came on standard error; of a terminal, all that it would have shown.
  var errors = ""
  /// nil if a signal ended it.
  var exitCode: Int32?
  var signal: Int32?

  /// The lines on standard error.
  var complaints: [Substring] { errors.split(separator: "\n") }
}

/// A program that has been started. Killed with its whole process group if nobody waits for it.
final class RunningProgram {
  /// Also the number of its process group.
  let process: pid_t
  private let words: [String]
  private var output: Int32
  private var errors: Int32
  private var isReaped = false

  /// A hung program fails its test in this time instead of stopping all of them.
  private static let deadlineSeconds = 60.0

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  init(_ words: [String], environment: [String], folder: String, onTerminal: Bool) throws {
    self.words = words
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    // Threads that tests run on block signals, and a user's shell does not.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let pipe = try Self.pipe()
    defer { close(pipe.writing) }
    output = pipe.reading
    posix_spawn_file_actions_adddup2(&actions, pipe.writing, STDOUT_FILENO)
    var ends: [Int32] = []
    defer { for end in ends { close(end) } }
    if onTerminal {
      var name = [CChar](repeating: 0, count: 128)
      var (master, slave): (Int32, Int32) = (-1, -1)
      try #require(openpty(&master, &slave, &name, nil, nil) == 0)
      ends = [slave]
      _ = fcntl(master, F_SETFD, FD_CLOEXEC)
      errors = master
      // The first terminal that the leader of a new session opens becomes the one that sends it
      // Ctrl-C.
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
      posix_spawn_file_actions_addclose(&actions, slave)
      let newSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, which hides behind _GNU_SOURCE.
      posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK))
    } else {
      let pipe = try Self.pipe()
      ends = [pipe.writing]
      errors = pipe.reading
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, pipe.writing, STDERR_FILENO)
      posix_spawnattr_setpgroup(&attributes, 0)
      posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    }

    // posix_spawn's own way to change the folder hides behind _GNU_SOURCE.
    var arguments = (["env", "-C", folder] + words).map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process: pid_t = 0
    let error = posix_spawnp(&process, "env", &actions, &attributes, &arguments, &variables)
    self.process = process
    isReaped = error != 0
    guard error == 0 else {
      throw Failure(description: "env: \(String(cString: strerror(error)))")
    }
  }

  deinit {
    close(output)
    close(errors)
    guard !isReaped else { return }
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
  }

  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(Glibc.pipe(&ends) == 0)
    // Or else a program started later keeps the end open and its reader waiting.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  // MARK: - Talking to it

  func send(_ signal: Int32) { kill(process, signal) }

  /// To all of its process group, as a terminal sends Ctrl-C.
  func sendToGroup(_ signal: Int32) { kill(-process, signal) }

  /// Types on its terminal.
  func type(_ text: String) throws {
    try #require(write(errors, text, text.utf8.count) == text.utf8.count)
  }

  /// Waits until a file of the run has more than so many lines, its heading among them.
  func wait(
    forMoreLinesThan count: Int, in file: String = "run/trials.csv", of session: UserSession
  ) throws {
    try wait(for: "more than \(count) lines in \(file)") {
      (try? session.text(file))?.count { $0 == "\n" } ?? 0 > count
    }
  }

  /// Waits until something that the program brings about has happened.
  func wait(for what: String, _ hasHappened: () throws -> Bool) throws {
    let deadline = Date().addingTimeInterval(Self.deadlineSeconds)
    while try !hasHappened() {
      guard Date() < deadline else {
        throw Failure(description: "waited too long for \(what): \(words.joined(separator: " "))")
      }
      usleep(2000)
    }
  }

  /// Whether it is over. Its end is left for `finish` to take.
  var hasEnded: Bool {
    var info = siginfo_t()
    // waitid(2) leaves the number at 0 for a child that still runs.
    return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0
      && info._sifields._kill.si_pid == process
  }

  /// Reads what it says until it ends.
  func finish() throws -> Finished {
    var texts: [Int32: Data] = [output: Data(), errors: Data()]
    var open = [output, errors]
    let deadline = Date().addingTimeInterval(Self.deadlineSeconds)
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while !open.isEmpty {
      var watched = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&watched, nfds_t(watched.count), milliseconds(until: deadline)) > 0 else {
        throw overdue()
      }
      for ready in watched where ready.revents != 0 {
        // A terminal that nobody has open any more answers with EIO.
        let count = read(ready.fd, &buffer, buffer.count)
        if count > 0 { texts[ready.fd]?.append(contentsOf: buffer[..<count]) }
        if count <= 0 { open.removeAll { $0 == ready.fd } }
      }
    }
    return try end(before: deadline, texts[output] ?? Data(), texts[errors] ?? Data())
  }

  private func end(before deadline: Date, _ output: Data, _ errors: Data) throws -> Finished {
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      guard Date() < deadline else { throw overdue() }
      usleep(1000)
    }
    isReaped = true
    let signal = status & 0x7F
    return Finished(
      output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors, as: UTF8.self),
      exitCode: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal)
  }

  private func milliseconds(until deadline: Date) -> Int32 {
    Int32(max(0, deadline.timeIntervalSinceNow * 1000))
  }

  private func overdue() -> Failure {
    Failure(
      description:
        "killed after \(Int(Self.deadlineSeconds)) s: \(words.joined(separator: " "))")
  }
}

// MARK: - Reading what it wrote

/// A CSV table by its header's names.
struct Table {
  let header: [String]
  let rows: [[String: String]]

  init(csv text: String) throws {
    try #require(text.hasSuffix("\n"), "the last row is torn: \(text.suffix(200))")
    var lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.fields(of: $0) }
    try #require(!lines.isEmpty)
    let header = lines.removeFirst()
    for line in lines { try #require(line.count == header.count, "\(line)") }
    self.header = header
    rows = lines.map { Dictionary(zip(header, $0)) { first, _ in first } }
  }

  /// RFC 4180, except that no field of ours goes over several lines.
  private static func fields(of line: Substring) -> [String] {
    var fields = [""]
    var isQuoted = false
    var previous: Character?
    for character in line {
      switch character {
      case "\"":
        if !isQuoted && previous == "\"" { fields[fields.count - 1].append("\"") }
        isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
      previous = character
    }
    return fields
  }

  /// The values of one column, in the order of the rows.
  func column(_ name: String) throws -> [String] {
    try #require(header.contains(name), "no column \(name)")
    return rows.compactMap { $0[name] }
  }
}

func jsonObject(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

func jsonArray(_ text: String) throws -> [[String: Any]] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
}

// MARK: - What every refusal has in common

/// A refusal: the exit code, nothing on standard output, one or two lines that hold all of `words`
/// (what was given, what to do), and no trace of the program's inside.
func expectRefusal(
  _ finished: Finished, _ exitCode: Int32, naming words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let said = finished.errors
  #expect(finished.exitCode == exitCode, "\(said)", sourceLocation: sourceLocation)
  #expect(finished.output == "", sourceLocation: sourceLocation)
  #expect((1...2).contains(finished.complaints.count), "\(said)", sourceLocation: sourceLocation)
  #expect(said.hasPrefix("ipcbench: "), "\(said)", sourceLocation: sourceLocation)
  #expect(said.hasSuffix("\n"), "\(said)", sourceLocation: sourceLocation)
  for word in words {
    #expect(said.contains(word), "'\(word)' is missing in: \(said)", sourceLocation: sourceLocation)
  }
  for inside in ["Usage:", "Fatal error", "Error:", "(code:", "/Sources/", ".swift:"] {
    #expect(!said.contains(inside), "\(said)", sourceLocation: sourceLocation)
  }
}
