/// Where a trial's two workers run in relation to each other, named by what the cores share.
public enum Placement: String, Codable, CaseIterable, Sendable {
  case sameCore = "same-core"
  case smt
  case sameL2 = "same-l2"
  case sameL3 = "same-l3"
  case samePackage = "same-package"
  case crossPackage = "cross-package"
  case crossNUMA = "cross-numa"
}
