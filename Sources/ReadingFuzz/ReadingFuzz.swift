import ArgumentParser
import Foundation
import Trials

/// Whether every reader of stored runs survives what may be in them: `swift run -c release ReadingFuzz`. What
/// ships has nothing of it.
@main
struct ReadingFuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ReadingFuzz",
    abstract: "Changes stored runs at random and has every reader of ipcbench read them.",
    discussion: """
      Begins with parts of the runs in results/, which are valid, and changes values within their types: \
      other numbers, extremes, other names, swapped, doubled and missing rows, values of run.json, histograms. \
      Each case must end in text or in an error that names the file. The cases run in a process of their own, \
      so that one which crashes or hangs is reported with its number, and can be had again by \
      --seed S --first N --cases 1 --keep FOLDER.

      Exit codes: 0 all well, 1 a case crashed, hung or ended in another error, or fewer than half of them \
      got past the parser.
      """)

  @Option(help: "How many cases.")
  var cases = 50_000

  @Option(help: "What the cases are drawn by. (default: another one each time)")
  var seed: UInt64?

  @Option(help: "The number of the first case.")
  var first = 0

  @Option(help: "A folder of run folders to begin with.")
  var runs = "results"

  @Option(
    help: "Leave the run folder of the last case here, and do not run in a process of its own.")
  var keep: String?

  @Option(help: .private)
  var progressFile: String?

  func run() throws {
    let seed = seed ?? .random(in: .min ... .max)
    if let keep {
      try runCases(seed, in: keep, progress: nil)
    } else if let progressFile {
      let folder = "\(progressFile).folder"
      try runCases(seed, in: folder, progress: try Progress(path: progressFile))
    } else {
      try supervise(seed)
    }
  }

  /// In this process.
  private func runCases(_ seed: UInt64, in folder: String, progress: Progress?) throws {
    let readers = try Readers(ValidRun.all(in: runs, seed: seed), folder: folder)
    for number in first..<first + cases {
      try progress?.begin(number)
      let outcome = try readers.run(number, seed: seed)
      if keep != nil { print("case \(number): \(outcome)") }
      try progress?.end(outcome)
    }
  }

  /// Starts processes that run the cases; one that does not come to its end is followed by another, which
  /// goes on behind the case at fault.
  private func supervise(_ seed: UInt64) throws {
    say("seed \(seed), \(cases) cases from \(first)")
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "ipcbench-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: scratch) }
    var next = first
    var (passed, refused) = (0, 0)
    var faults: [String] = []
    while next < first + cases && faults.count < 20 {
      let file = scratch.appending(path: "progress-\(next)").path
      let child = Process()
      child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      child.arguments = [
        "--cases", "\(first + cases - next)", "--seed", "\(seed)", "--first", "\(next)",
        "--runs", runs, "--progress-file", file,
      ]
      // Its backtraces would bury what is said here; with --keep there are some.
      child.environment = ProcessInfo.processInfo.environment.merging(
        ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
      try child.run()
      child.waitUntilExit()
      let state = try Progress(path: file).state
      passed += state.passed
      refused += state.refused
      if child.terminationReason == .exit && child.terminationStatus == 0 { break }
      let how = child.terminationReason == .uncaughtSignal ? "signal" : "exit code"
      let fault = "case \(state.number): \(how) \(child.terminationStatus)"
      faults.append(fault)
      say("\(fault); again: --seed \(seed) --first \(state.number) --cases 1 --keep FOLDER")
      next = state.number + 1
    }
    let all = passed + refused
    say("\(passed) of \(all) cases got past the parser, \(refused) were refused")
    guard faults.isEmpty else { throw ExitCode(1) }
    guard passed * 2 > all else {
      say("fewer than half got past the parser: the others show nothing of what is behind it")
      throw ExitCode(1)
    }
  }

  /// Not buffered: whoever ends this wants to know the seed, in a file as well.
  private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// How far a process has come, in a file that outlives it.
final class Progress {
  struct State {
    var number = 0
    var passed = 0
    var refused = 0
  }

  private(set) var state = State()
  private let descriptor: Int32
  private let parent = getppid()
  /// A case that takes longer hangs; the process ends by SIGALRM.
  private static let patienceSeconds: UInt32 = 60

  init(path: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileNoSuchFile) }
    _ = withUnsafeMutableBytes(of: &state) { pread(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit { close(descriptor) }

  func begin(_ number: Int) throws {
    // Whoever started this is gone, and nobody reads the file any more.
    guard getppid() == parent else { throw CancellationError() }
    state.number = number
    alarm(Self.patienceSeconds)
    try write()
  }

  func end(_ outcome: Outcome) throws {
    switch outcome {
    case .read: state.passed += 1
    case .refused: state.refused += 1
    }
    alarm(0)
    try write()
  }

  private func write() throws {
    let count = withUnsafeBytes(of: state) { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == MemoryLayout<State>.size else { throw CocoaError(.fileWriteUnknown) }
  }
}
