import Glibc

// A name in the kernel's world (a path, an argument, a variable of the environment) is bytes without a zero;
// a Swift String is Unicode, and replaces what is not. The two meet here and nowhere else: what comes in is
// turned into text that keeps every byte, and what goes out into the bytes that came in.
//
// Bytes that are no UTF-8, and control characters, become the last 256 scalars of Unicode's last private
// plane, U+10FF00 + byte, much as Python's `surrogateescape` does. Thus a path held in a String is always one
// line of text, and `shown` has to know one more kind of scalar.

/// Where the scalars begin that stand for bytes; one that comes in as text is kept by its bytes as well.
private let firstByteScalar: UInt32 = 0x10FF00

extension String {
  /// The text that stands for a name of the kernel's, such as an argument or the path in a variable.
  package init(systemBytes name: UnsafePointer<CChar>) {
    self.init(
      systemBytes: UnsafeRawBufferPointer(start: UnsafeRawPointer(name), count: strlen(name)))
  }

  /// The text that stands for these bytes.
  package init(systemBytes bytes: some Collection<UInt8>) {
    self.init()
    let bytes = Array(bytes)
    var rest = bytes.makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var place = 0
    while true {
      switch parser.parseScalar(from: &rest) {
      case .emptyInput: return
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar.isKeptAsBytes(behind: unicodeScalars.last) {
          appendScalars(for: bytes[place..<place + encoded.count])
        } else {
          unicodeScalars.append(scalar)
        }
        place += encoded.count
      case .error(let length):
        appendScalars(for: bytes[place..<place + length])
        place += length
      }
    }
  }

  private mutating func appendScalars(for bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      if let scalar = Unicode.Scalar(firstByteScalar + UInt32(byte)) {
        unicodeScalars.append(scalar)
      }
    }
  }

  /// The bytes that the text stands for: those that it was made of, or its own as UTF-8.
  package var systemBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      if let byte = scalar.keptByte { bytes.append(byte) } else { bytes += scalar.utf8 }
    }
    return bytes
  }

  /// Lends the bytes as a C string for a call into the kernel, whose errno stays as it is.
  package func withSystemBytes<Value, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let bytes = (systemBytes + [0]).map { CChar(bitPattern: $0) }
    var code: Int32 = 0
    defer { errno = code }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) -> Value in
      // There is a zero in it, and so it has an address.
      guard let name = buffer.baseAddress else { preconditionFailure("a C string without a zero") }
      defer { code = errno }
      return try body(name)
    }
  }

  /// The parts of a path between its slashes. By bytes: a slash with an accent behind it is one Character.
  package var pathParts: [String] {
    utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }

  package var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }
}

extension Unicode.Scalar {
  /// The byte that it stands for; nil for all others.
  var keptByte: UInt8? {
    value >= firstByteScalar ? UInt8(value - firstByteScalar) : nil
  }

  /// Whether it could do harm as itself: it controls a terminal, stands for a byte, or would be one Character
  /// with the sign before it, at which arguments, lists and paths are taken apart.
  fileprivate func isKeptAsBytes(behind previous: Unicode.Scalar?) -> Bool {
    value < 0x20 || value == 0x7F || value >= firstByteScalar
      || (value >= 0x80 && joins(previous))
  }

  private func joins(_ previous: Unicode.Scalar?) -> Bool {
    guard let previous, ["=", ",", "/", "-"].contains(previous) else { return false }
    return "\(previous)\(self)".count == 1
  }
}
