/// A chart that the runs allow, or why they do not.
package struct ChartOffer: Sendable {
  package enum Answer: Sendable {
    case chart(Chart)
    /// What the runs lack, as the end of "left out: ".
    case leftOut(String)
  }

  package var name: String
  package var title: String
  package var answer: Answer

  init(_ chart: Chart) {
    name = chart.name
    title = chart.title
    answer = .chart(chart)
  }

  init(_ name: String, _ title: String, leftOut reason: String) {
    self.name = name
    self.title = title
    answer = .leftOut(reason)
  }

  package var chart: Chart? {
    if case .chart(let chart) = answer { chart } else { nil }
  }
}
