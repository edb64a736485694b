import CLinux
import Synchronization

/// How the two sides of a buffer in shared memory sleep and wake each other.
extension UnsafeMutableRawPointer {
  /// Looks before the first pause.
  private static var eagerLooks: UInt64 { 8 }

  /// Waits until `isReady`, by spinning and sleeping as the policy says, and returns how many looks in
  /// vain and sleeps that took.
  ///
  /// The word at `asleepOffset` tells the peer whether it must wake this side. Between setting it
  /// and sleeping comes one last look; without it, a peer that acted in between would not wake us.
  /// `isReady` loads with sequentially consistent ordering. `wait` in Tests/Models/ring.pml.
  @inline(__always)
  func wait<Policy: Waiting>(
    _ asleepOffset: Int, _: Policy.Type, spinBudgetNanoseconds: UInt64, until isReady: () -> Bool
  ) -> (looks: UInt64, sleeps: UInt64) {
    var looks: UInt64 = 0
    if !Policy.sleeps {
      while !isReady() {
        // A pause is a good part of the time that a line takes between two near cores, so the first
        // looks come without: round trips of 56 B or less took a tenth less for it.
        if looks >= Self.eagerLooks { linux_cpu_relax() }
        looks &+= 1
      }
      return (looks, 0)
    }
    if Policy.spins {
      var budget = SpinBudget(nanoseconds: spinBudgetNanoseconds)
      repeat {
        if isReady() { return (looks, 0) }
        if looks >= Self.eagerLooks { linux_cpu_relax() }
        looks &+= 1
      } while !budget.isSpent()
    }
    let asleep = (self + asleepOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    let futex = (self + asleepOffset).assumingMemoryBound(to: UInt32.self)
    var sleeps: UInt64 = 0
    while !isReady() {
      // SYNC POINT. Pairs with the exchange in wakeIfAsleep.
      asleep.pointee.store(1, ordering: .sequentiallyConsistent)
      if isReady() {
        // Nothing depends on it: a peer that still sees the 1 makes a system call in vain.
        asleep.pointee.store(0, ordering: .relaxed)
        break
      }
      // Compares the word with 1 and sleeps in one step. So it pairs with the exchange in
      // wakeIfAsleep: returns at once when the peer has taken the 1 away in between. EINTR is a look
      // in vain.
      _ = linux_futex_wait(futex, 1)
      sleeps &+= 1
      asleep.pointee.store(0, ordering: .relaxed)
    }
    return (looks, sleeps)
  }

  /// Wakes the peer if it sleeps on the word and what it waits for has come; says whether it did. Called
  /// after the peer's reason to wake up has been stored with sequentially consistent ordering.
  ///
  /// - Parameter isDue: Asked only when the peer sleeps, or is about to, and so has said before what it
  ///   waits for. Who says no is asked again with the next reason.
  @inline(__always)
  func wakeIfAsleep(_ asleepOffset: Int, if isDue: () -> Bool = { true }) -> Bool {
    let asleep = (self + asleepOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    // SYNC POINT. Pairs with the store of 1 in wait, as it is said there.
    guard asleep.pointee.load(ordering: .sequentiallyConsistent) != 0, isDue() else { return false }
    // Whoever takes the 1 away wakes the sleeper, once. Pairs with the comparison by FUTEX_WAIT.
    guard asleep.pointee.exchange(0, ordering: .sequentiallyConsistent) != 0 else { return false }
    _ = linux_futex_wake_one((self + asleepOffset).assumingMemoryBound(to: UInt32.self))
    return true
  }
}
