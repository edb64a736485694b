import Foundation
import Testing

/// C functions in the place of a library's, to bring about what libraries and sandboxes do elsewhere.
enum Preload {
  static let isPossible = UserSession.canRun("cc", "--version")

  /// Compiles the functions; what stands before a program's words to have it call them. LD_PRELOAD, ld.so(8).
  static func words(_ source: String, in session: UserSession) throws -> [String] {
    let name = "preload-\(UUID().uuidString)"
    try session.write("#define _GNU_SOURCE\n\(source)\n", to: "\(name).c")
    let (file, library) = (session.path("\(name).c"), session.path("\(name).so"))
    let compiled = try session.command(["cc", "-shared", "-fPIC", "-o", library, file])
    try #require(compiled.exitCode == 0, "\(compiled.errors)")
    return ["env", "LD_PRELOAD=\(library)"]
  }
}
