/// Why a trial ended early, where its row tells one reason from another. What a mechanism or a call
/// reports is a `CallError`.
enum TrialError: Error {
  case died(String)
  case timedOut(String)
  case interrupted(signal: Int32)
}
