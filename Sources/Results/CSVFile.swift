import Glibc
import Paths

/// Reads a CSV file row by row, without holding more of it than one row and one block.
struct CSVFile: ~Copyable {
  private let file: RegularFile
  private var scanner: CSVScanner
  /// What was read and not yet passed over.
  private var bytes: [UInt8] = []
  /// Where the row after the present one begins.
  private var nextRow = 0
  /// Where in the file `bytes` begin.
  private var bytesOffset = 0
  private var hasEnded = false

  /// Fits into the cache of a core, beside what the rows are read into.
  private static let blockBytes = 256 << 10

  /// Fifty million trials. A file that grows while it is read ends here as well.
  private static let mostFileBytes = 16 << 30
  /// Of all the fields of a row together.
  private static let mostRowBytes = 4 << 20

  static func open(_ path: String) throws(ResultsError) -> CSVFile {
    CSVFile(path: path, file: try RegularFile.open(path))
  }

  private init(path: String, file: consuming RegularFile) {
    self.file = file
    self.scanner = CSVScanner(path: path)
  }

  var path: String { scanner.path }

  /// Goes on to the next row; false at the end.
  mutating func next() throws(ResultsError) -> Bool {
    while true {
      // The scanner may not change while one of its neighbours here is lent out.
      let bytes = bytes
      if let end = try scanner.scanRow(in: bytes.span, from: nextRow, isAll: hasEnded) {
        nextRow = end
        return true
      }
      guard !hasEnded else { return false }
      try fill()
    }
  }

  /// The line that the row begins on, from 1.
  var line: Int { scanner.rowLine }

  /// Of the row.
  var fieldCount: Int { scanner.fields.count }

  /// Whether the row is an empty line.
  var isBlank: Bool { fieldCount == 1 && scanner.fields[0].start == scanner.fields[0].end }

  /// Where in the file the row after the present one begins.
  var nextRowOffset: Int { bytesOffset + nextRow }

  /// Whether a line end stands behind the row, as behind all but a torn last one.
  var hasLineEnd: Bool { nextRow > 0 && bytes[nextRow - 1] == UInt8(ascii: "\n") }

  /// Goes to the row that begins there; false if the file is shorter. Lines are not counted any more.
  mutating func goToRow(at offset: Int) throws(ResultsError) -> Bool {
    if offset >= bytesOffset && offset <= bytesOffset + bytes.count {
      nextRow = offset - bytesOffset
    } else {
      guard lseek(file.descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
        throw .reading(path, errno)
      }
      bytes = []
      nextRow = 0
      bytesOffset = offset
      hasEnded = false
    }
    return try next()
  }

  /// Lends the fields of the row, and the bytes that they are in.
  func withFields<Value>(
    _ body: (Span<UInt8>, Span<CSVScanner.Field>) -> Value
  ) -> Value {
    body(bytes.span, scanner.fields.span)
  }

  func text(ofField index: Int) -> String {
    scanner.fields[index].withText(in: bytes.span) { String(utf8: $0) }
  }

  /// What the fields of the row say.
  var texts: [String] {
    scanner.fields.map { $0.withText(in: bytes.span) { String(utf8: $0) } }
  }

  /// Puts another block behind what is left of the last.
  private mutating func fill() throws(ResultsError) {
    let left = bytes[nextRow...]
    guard left.count <= Self.mostRowBytes else {
      throw ResultsError(
        .malformed,
        "\(path):\(line): a row is longer than \(Self.mostRowBytes >> 20) MiB; is this a CSV file?")
    }
    guard bytesOffset + bytes.count <= Self.mostFileBytes else {
      throw ResultsError(
        .malformed,
        "\(path): larger than \(Self.mostFileBytes >> 30) GiB; give a part of it that has the header row"
      )
    }
    // A long row is looked at again from its start with each block: they double with it.
    let room = max(Self.blockBytes, left.count)
    var code: Int32 = 0
    bytes = [UInt8](unsafeUninitializedCapacity: left.count + room) { block, count in
      _ = block.update(fromContentsOf: left)
      let result = file.read(
        into: UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(block)[left.count...]))
      if result < 0 { code = errno }
      hasEnded = result == 0
      count = left.count + max(0, result)
    }
    guard code == 0 else { throw .reading(path, code) }
    bytesOffset += nextRow
    nextRow = 0
  }
}
