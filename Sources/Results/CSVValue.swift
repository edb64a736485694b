import Trials

/// A value that a CSV field can hold.
protocol CSVValue: SendableMetatype {
  static var fieldType: FieldType { get }
  static var allowedValues: [String] { get }
  static var isOptional: Bool { get }
  static var isNeverEmpty: Bool { get }
  var csvText: String { get }

  /// - Parameter field: UTF-8, without the quotes around it.
  init?(csvField field: Span<UInt8>)

  /// Whether the field says such a value within the limits, which nobody asks for.
  static func accepts(_ field: Span<UInt8>, within limits: ClosedRange<Int>) -> Bool

  /// Whether a number is within a column's limits; true for what is none.
  func isWithin(_ limits: ClosedRange<Int>) -> Bool
}

extension CSVValue {
  static var allowedValues: [String] { [] }
  static var isOptional: Bool { false }
  static var isNeverEmpty: Bool { true }
  static func accepts(_ field: Span<UInt8>, within limits: ClosedRange<Int>) -> Bool {
    Self(csvField: field)?.isWithin(limits) ?? false
  }
  func isWithin(_ limits: ClosedRange<Int>) -> Bool { true }
}

extension Optional: CSVValue where Wrapped: CSVValue {
  static var fieldType: FieldType { Wrapped.fieldType }
  static var allowedValues: [String] { Wrapped.allowedValues }
  static var isOptional: Bool { true }
  static var isNeverEmpty: Bool { false }
  var csvText: String { self?.csvText ?? "" }

  init?(csvField field: Span<UInt8>) {
    if field.isEmpty {
      self = Wrapped?.none
    } else if let value = Wrapped(csvField: field) {
      self = Wrapped?.some(value)
    } else {
      return nil
    }
  }

  static func accepts(_ field: Span<UInt8>, within limits: ClosedRange<Int>) -> Bool {
    field.isEmpty || Wrapped.accepts(field, within: limits)
  }

  func isWithin(_ limits: ClosedRange<Int>) -> Bool { self?.isWithin(limits) ?? true }
}

extension Int: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }

  init?(csvField field: Span<UInt8>) {
    if let number = field.shortWholeNumber {
      self.init(number)
    } else if field.isPlainNumber {
      self.init(String(utf8: field))
    } else {
      return nil
    }
  }

  func isWithin(_ limits: ClosedRange<Int>) -> Bool { limits.contains(self) }
}

extension UInt64: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }

  init?(csvField field: Span<UInt8>) {
    if let number = field.shortWholeNumber {
      self = number
    } else if field.isPlainNumber {
      self.init(String(utf8: field))
    } else {
      return nil
    }
  }

  func isWithin(_ limits: ClosedRange<Int>) -> Bool {
    Int(exactly: self).map(limits.contains) ?? false
  }
}

extension Double: CSVValue {
  static var fieldType: FieldType { .number }
  var csvText: String { decimalText(self) }

  init?(csvField field: Span<UInt8>) {
    guard let value = field.shortDecimal ?? Self.uncommon(field), value.isFinite else { return nil }
    self = value
  }

  /// Of a text that is not only digits and a point.
  private static func uncommon(_ field: Span<UInt8>) -> Double? {
    field.isPlainNumber ? Double(String(utf8: field)) : nil
  }

  /// Whole numbers bound a measure at 0 only: one that begins at 1 may be small, but is not nothing.
  func isWithin(_ limits: ClosedRange<Int>) -> Bool {
    FieldLimits.allow(self) && (self > 0 || limits.contains(0))
  }
}

extension Bool: CSVValue {
  static var fieldType: FieldType { .boolean }
  var csvText: String { self ? "true" : "false" }

  init?(csvField field: Span<UInt8>) {
    // As we write it, and as a spreadsheet does; Frictionless' readers take the same.
    if field.says("true") || field.says("TRUE") || field.says("True") {
      self = true
    } else if field.says("false") || field.says("FALSE") || field.says("False") {
      self = false
    } else {
      return nil
    }
  }
}

extension String: CSVValue {
  static var fieldType: FieldType { .string }
  static var isNeverEmpty: Bool { false }
  var csvText: String { self }
  init?(csvField field: Span<UInt8>) { self.init(utf8: field) }
  static func accepts(_ field: Span<UInt8>, within limits: ClosedRange<Int>) -> Bool { true }
}

extension UTCTime: CSVValue {
  static var fieldType: FieldType { .datetime }
  var csvText: String { text }
  init?(csvField field: Span<UInt8>) { self.init(utf8: field) }
}

extension CSVValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var fieldType: FieldType { .string }
  static var allowedValues: [String] { allCases.map(\.rawValue) }
  var csvText: String { rawValue }

  init?(csvField field: Span<UInt8>) {
    guard let value = Self.allCases.first(where: { field.says($0.rawValue) }) else { return nil }
    self = value
  }
}

extension Pattern: CSVValue {}
extension WaitPolicy: CSVValue {}
extension DataPath: CSVValue {}
extension Touch: CSVValue {}
extension IdlePolicy: CSVValue {}
extension Arrivals: CSVValue {}
extension Placement: CSVValue {}
extension TrialStatus: CSVValue {}
