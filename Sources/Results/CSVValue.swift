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

  /// Whether the field says such a value, which nobody asks for.
  static func accepts(_ field: Span<UInt8>) -> Bool
}

extension CSVValue {
  static var allowedValues: [String] { [] }
  static var isOptional: Bool { false }
  static var isNeverEmpty: Bool { true }
  static func accepts(_ field: Span<UInt8>) -> Bool { Self(csvField: field) != nil }
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

  static func accepts(_ field: Span<UInt8>) -> Bool { field.isEmpty || Wrapped.accepts(field) }
}

extension Int: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }

  init?(csvField field: Span<UInt8>) {
    if let number = field.shortWholeNumber {
      self.init(number)
    } else {
      self.init(String(utf8: field))
    }
  }
}

extension UInt64: CSVValue {
  static var fieldType: FieldType { .integer }
  var csvText: String { String(self) }

  init?(csvField field: Span<UInt8>) {
    if let number = field.shortWholeNumber {
      self = number
    } else {
      self.init(String(utf8: field))
    }
  }
}

extension Double: CSVValue {
  static var fieldType: FieldType { .number }
  var csvText: String { decimalText(self) }

  init?(csvField field: Span<UInt8>) {
    guard let value = field.shortDecimal ?? Double(String(utf8: field)), value.isFinite else {
      return nil
    }
    self = value
  }
}

extension Bool: CSVValue {
  static var fieldType: FieldType { .boolean }
  var csvText: String { self ? "true" : "false" }

  init?(csvField field: Span<UInt8>) {
    guard field.says("true") || field.says("false") else { return nil }
    self = field.says("true")
  }
}

extension String: CSVValue {
  static var fieldType: FieldType { .string }
  static var isNeverEmpty: Bool { false }
  var csvText: String { self }
  init?(csvField field: Span<UInt8>) { self.init(utf8: field) }
  static func accepts(_ field: Span<UInt8>) -> Bool { true }
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
