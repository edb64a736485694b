import Foundation
import Trials

/// Changes to a run's `run.json`: values become others of their type, now and then of another one.
struct DescriptionChanges {
  private var draw: SeededGenerator

  static func apply(to data: Data, _ draw: inout SeededGenerator) throws -> Data {
    var changes = DescriptionChanges(draw: draw)
    var value = try JSONSerialization.jsonObject(with: data)
    for _ in 0..<1 + changes.draw.next(below: 3) {
      var left = changes.draw.next(below: max(1, Self.leaves(value)))
      value = changes.changed(value, at: &left) ?? NSNull()
    }
    draw = changes.draw
    return try JSONSerialization.data(
      withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
  }

  private static func leaves(_ value: Any) -> Int {
    switch value {
    case let object as [String: Any]: object.values.reduce(1) { $0 + leaves($1) }
    case let array as [Any]: array.reduce(1) { $0 + leaves($1) }
    default: 1
    }
  }

  /// The value with its leaf of that number changed; nil to have it left out.
  private mutating func changed(_ value: Any, at left: inout Int) -> Any? {
    defer { left -= 1 }
    switch value {
    case let object as [String: Any]:
      if left == 0 { return draw.next(below: 4) == 0 ? [String: Any]() : object }
      var result = object
      for key in object.keys.sorted() where left > 0 {
        left -= 1
        if left >= 0, let inner = object[key] { result[key] = descend(inner, &left) }
      }
      return result
    case let array as [Any]:
      if left == 0 { return draw.next(below: 2) == 0 ? [Any]() : array + array.prefix(1) }
      var result: [Any] = []
      for inner in array {
        guard left > 0 else {
          result.append(inner)
          continue
        }
        left -= 1
        if let new = descend(inner, &left) { result.append(new) }
      }
      return result
    default: return left == 0 ? leaf(value) : value
    }
  }

  private mutating func descend(_ value: Any, _ left: inout Int) -> Any? {
    let size = Self.leaves(value)
    guard left < size else {
      left -= size - 1
      return value
    }
    let result = changed(value, at: &left)
    left = -1
    return result
  }

  private mutating func leaf(_ value: Any) -> Any? {
    if draw.next(below: 12) == 0 { return nil }
    if draw.next(below: 20) == 0 { return pick([NSNull(), "x", 7, true] as [Any]) }
    switch value {
    case let text as String: return self.text(like: text)
    case let number as NSNumber: return self.number(like: number)
    default: return value
    }
  }

  private mutating func text(like text: String) -> String {
    if let number = UInt64(text) { return "\(number / 2)" }
    if text.hasSuffix("Z"), text.contains("T") {
      return pick(["1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", text, "x"])
    }
    return pick([
      text, "", text + text, "a<b>&|\"'", "\u{1B}[31m", "é", String(repeating: "x", count: 400),
    ])
  }

  private mutating func number(like number: NSNumber) -> Any {
    if isBoolean(number) { return !number.boolValue }
    let value = number.doubleValue
    let whole = value == value.rounded()
    let possible: [Any] =
      whole ? [0, 1, 2, 1000, 1 << 53] : [0, 1e-6, 0.5, 1e18, value * 2]
    let impossible: [Any] = [-1, Int.max, UInt64.max, -0.5, 1e300, 1e-300]
    return draw.next(below: 5) == 0 ? pick(impossible) : pick(possible)
  }

  /// NSNumber holds both, and tells them by how it was made.
  private func isBoolean(_ number: NSNumber) -> Bool {
    number.objCType.pointee == 0x63
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[draw.next(below: values.count)]
  }
}
