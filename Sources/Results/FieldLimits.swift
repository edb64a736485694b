/// How large and how small a number in a file of a run can be. What is beyond them nobody measured, and
/// figures made from it would be none: sums overflow, and quotients are infinite.
package enum FieldLimits {
  /// 2^53, up to which all programs agree on whole numbers (RFC 8259, section 6); in nanoseconds, 104 days.
  package static let largestCount = 1 << 53
  package static let counts = 0...largestCount
  /// What something that is counted from 1 can be.
  package static let ordinals = 1...largestCount
  package static let payloadBytes = 1...(1 << 30)
  /// The kernel's limit is 8192 (CONFIG_NR_CPUS).
  package static let cores = 0...65_535
  package static let memoryNodes = 0...65_535
  /// Of what is no whole number, unless it is 0. A file keeps six decimal places at most.
  package static let measures = 1e-6...1e18

  /// Whether a number that is no whole one can have been measured.
  package static func allow(_ value: Double) -> Bool { value == 0 || measures.contains(value) }
}
