import Glibc
import Synchronization

/// Work that may block, on a thread of its own: on Swift's own pool, which has two threads on a machine
/// with two processors, it would stall every other test. It stays part of the test's task, so that an
/// expectation that fails in there is counted for the test.
final class OwnThread<Result: Sendable>: Sendable {
  private let task: Task<Result, any Error>
  private let isDone: Flag
  private let name: String

  init(_ name: String, _ body: @escaping @Sendable () throws -> Result) {
    let isDone = Flag()
    self.name = name
    self.isDone = isDone
    task = Task(executorPreference: ThreadPerJob()) {
      defer { isDone.raise() }
      return try body()
    }
  }

  /// Waits for the result, and throws when that takes too long. The thread is then left alone, with
  /// all that it holds on to: there is no safe way to end it.
  func result(within limit: Duration = .seconds(30)) async throws -> Result {
    let deadline = ContinuousClock.now + limit
    while !isDone.isRaised {
      guard ContinuousClock.now < deadline else { throw StillRunning(name: name) }
      try await Task.sleep(for: .microseconds(200))
    }
    return try await task.value
  }
}

/// A thread that did not end by its deadline.
struct StillRunning: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) has not ended by its deadline" }
}

/// Runs something that should not block on a thread of its own, because it might.
func onOwnThread<Result: Sendable>(
  _ name: String = "the test", _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await OwnThread(name, body).result()
}

/// Runs two sides at the same time. One that ends too late does not hide what the other says.
func concurrently<First: Sendable, Second: Sendable>(
  _ first: @escaping @Sendable () throws -> First,
  _ second: @escaping @Sendable () throws -> Second
) async throws -> (First, Second) {
  let firstThread = OwnThread("the first thread", first)
  let secondThread = OwnThread("the second thread", second)
  do {
    return (try await firstThread.result(), try await secondThread.result())
  } catch let error as StillRunning {
    // The other side may have failed, which would be the reason.
    _ = try await secondThread.result(within: .milliseconds(100))
    throw error
  }
}

/// Something that one thread says once and others may ask for.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  /// Pairs with the release in raise.
  var isRaised: Bool { value.load(ordering: .acquiring) }

  /// Pairs with the acquire in isRaised.
  func raise() { value.store(true, ordering: .releasing) }

  /// Waits, on a thread that may block, until the flag is raised.
  func wait() throws {
    try waitUntil("a flag is raised") { isRaised }
  }
}

/// Waits, on a thread that may block, until something has become true.
func waitUntil(_ what: String, _ isTrue: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try !isTrue() {
    guard ContinuousClock.now < deadline else { throw StillWaiting(what: what) }
    sched_yield()
  }
}

/// Something that did not come true by its deadline.
struct StillWaiting: Error, CustomStringConvertible {
  let what: String
  var description: String { "waited in vain until \(what)" }
}

/// Starts a thread for everything that it is given to run.
private final class ThreadPerJob: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let start = Unmanaged.passRetained(Start(job: UnownedJob(job), executor: self))
    var thread = pthread_t()
    let error = pthread_create(&thread, nil, runJob, start.toOpaque())
    precondition(error == 0, "pthread_create: \(String(cString: strerror(error)))")
    pthread_detach(thread)
  }

  fileprivate final class Start: Sendable {
    let job: UnownedJob
    let executor: ThreadPerJob

    init(job: UnownedJob, executor: ThreadPerJob) {
      self.job = job
      self.executor = executor
    }
  }
}

private func runJob(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<ThreadPerJob.Start>.fromOpaque(argument).takeRetainedValue()
  start.job.runSynchronously(on: start.executor.asUnownedTaskExecutor())
  return nil
}
