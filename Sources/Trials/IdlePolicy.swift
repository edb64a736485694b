/// How deeply idle processors may sleep during a run: one factor of the whole run, because the
/// kernel offers it for the whole machine only.
///
/// A side that waits by blocking leaves its processor idle, and what the processor takes to come
/// back is part of every blocking latency: tens of microseconds in a virtual machine.
public enum IdlePolicy: String, Codable, CaseIterable, Sendable {
  /// As the host has it.
  case standard = "default"
  /// Idle processors poll for work and never halt (pm_qos_interface.rst, /dev/cpu_dma_latency).
  case poll
}
