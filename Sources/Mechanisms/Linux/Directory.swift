import Glibc

/// The names of a directory's entries but `.` and `..`, ascending; empty where it cannot be read.
/// readdir(3).
package func namesOfEntries(in path: String, atMost limit: Int = 100_000) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while names.count < limit, let entry = readdir(directory) {
    // In place: the record is only as long as its name, and a copy of all 256 bytes of the field
    // reads beyond the buffer's end.
    let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
      String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
