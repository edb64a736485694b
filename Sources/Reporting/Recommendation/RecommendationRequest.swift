import Results
import Trials

/// What somebody needs to know the best mechanism for.
package struct RecommendationRequest: Sendable {
  /// What is to be best.
  package enum Goal: String, CaseIterable, Sendable { case latency, throughput, cpu }

  package var payloadBytes: Int
  package var goal: Goal
  /// Messages a second that have to be carried; nil if that is not known.
  package var messagesPerSecond: Double?
  /// Largest share of a core for each side, 0.2 for 20 %; nil if that does not matter.
  package var processorBudget: Double?
  /// nil takes what the run has, touch header first.
  package var touch: Touch?
  /// nil takes what the run has, two cores first.
  package var placement: Placement?

  package init(
    payloadBytes: Int, goal: Goal = .latency, messagesPerSecond: Double? = nil,
    processorBudget: Double? = nil, touch: Touch? = nil, placement: Placement? = nil
  ) {
    self.payloadBytes = payloadBytes
    self.goal = goal
    self.messagesPerSecond = messagesPerSecond
    self.processorBudget = processorBudget
    self.touch = touch
    self.placement = placement
  }
}

/// Why a run has no answer to a request. Names what was asked for, and what to ask or to measure instead.
package struct RecommendationError: Error, Hashable, CustomStringConvertible {
  package let description: String
}
