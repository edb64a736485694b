/// The colour and the mark of a mechanism, the same in every chart.
///
/// The colours are those of M. Okabe and K. Ito, "Color Universal Design" (2008), which people with any
/// kind of colour vision can tell apart; black and yellow, which are lost on a dark or a light page, are
/// replaced by grey and by the brown of C. Brewer's scheme BrBG.
package struct MechanismStyle: Hashable, Sendable {
  /// `#rrggbb`.
  package let colour: String
  /// A Vega point shape: `circle`, `square` … or a path in a square from -1 to 1.
  package let shape: String

  private static let pentagon = "M0,-1L0.95,-0.31L0.59,0.81L-0.59,0.81L-0.95,-0.31Z"

  private static let known: [(mechanism: String, style: MechanismStyle)] = [
    ("pipe", MechanismStyle(colour: "#0072B2", shape: "circle")),
    ("fifo", MechanismStyle(colour: "#56B4E9", shape: "triangle-down")),
    ("unix-stream", MechanismStyle(colour: "#009E73", shape: "square")),
    ("tcp", MechanismStyle(colour: "#E69F00", shape: "diamond")),
    ("shm-ring", MechanismStyle(colour: "#D55E00", shape: "triangle-up")),
    ("shm-plain", MechanismStyle(colour: "#8C510A", shape: pentagon)),
    ("onc-rpc-unix", MechanismStyle(colour: "#CC79A7", shape: "cross")),
    ("onc-rpc-tcp", MechanismStyle(colour: "#808080", shape: "triangle-right")),
  ]

  /// A mechanism that has no style of its own gets the grey of what is beside the point.
  package static func of(_ mechanism: String) -> MechanismStyle {
    known.first { $0.mechanism == mechanism }?.style
      ?? MechanismStyle(colour: "#999999", shape: "triangle-left")
  }

  /// Mechanisms in the order that legends have them: those with a style, then the others as they come.
  package static func ordered(_ mechanisms: [String]) -> [String] {
    let names = known.map(\.mechanism)
    return names.filter(mechanisms.contains) + mechanisms.filter { !names.contains($0) }
  }
}
