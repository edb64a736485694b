import Foundation
import Results
import Testing

@testable import Reporting

/// A Vega-Lite specification, taken apart for looking at it.
struct SpecificationReader {
  /// All objects within it, from the outside in.
  private let objects: [[String: Any]]

  init(_ specification: JSON) throws {
    let value = try JSONSerialization.jsonObject(with: Data(specification.text.utf8))
    objects = Self.objects(in: value)
  }

  private static func objects(in value: Any) -> [[String: Any]] {
    if let array = value as? [Any] { return array.flatMap(objects) }
    guard let object = value as? [String: Any] else { return [] }
    return [object]
      + object.sorted { $0.key < $1.key }.flatMap { key, value in
        // What is drawn is no part of how.
        key == "values" ? [] : objects(in: value)
      }
  }

  /// Every layer that draws something.
  var layers: [[String: Any]] { objects.filter { $0["mark"] != nil } }

  /// The rows of all layers that have this field.
  func rows(with field: String) -> [[String: Any]] {
    layers.flatMap { layer in
      ((layer["data"] as? [String: Any])?["values"] as? [[String: Any]]) ?? []
    }.filter { $0[field] != nil }
  }

  /// Position channels with what they say of their axes.
  var positions: [(channel: String, encoding: [String: Any])] {
    layers.flatMap { layer in
      let encoding = layer["encoding"] as? [String: [String: Any]] ?? [:]
      return ["x", "y"].compactMap { channel in
        encoding[channel].flatMap { $0["field"] == nil ? nil : (channel, $0) }
      }
    }
  }

  /// Titles of views.
  var titles: [String] {
    objects.compactMap { object in
      guard object["layer"] != nil else { return nil }
      return object["title"] as? String ?? (object["title"] as? [String: Any])?["text"] as? String
    }
  }
}
