import Glibc

/// The value of an environment variable; nil where it is not set, or empty. environ(7).
///
/// An empty value is how a caller without another way to do it takes a variable back, as in `TMPDIR= ipcbench`.
package func environmentVariable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}
