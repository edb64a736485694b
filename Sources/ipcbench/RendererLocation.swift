import Glibc
import Mechanisms

/// Where the Python is that has vl-convert.
enum RendererLocation {
  /// The environment variable that decides, if it is set.
  private static let variable = "IPCBENCH_VL_CONVERT"

  /// What the variable names; or the virtual environment that `scripts/setup --with-report` makes in the
  /// checkout whose `.build` holds this program; or one beside an installed program, in
  /// `share/ipcbench/venv-report`; or whatever python3 is in PATH, which may have the package.
  static var python: String {
    if let named = environmentVariable(variable) { return named }
    return candidates.first { access($0, X_OK) == 0 } ?? "python3"
  }

  /// What to do where it is missing, on one line.
  static var remedy: String {
    if let checkout { return "install it: \(checkout)/scripts/setup --with-report" }
    return
      "install it: python3 -m venv ~/vl-convert && ~/vl-convert/bin/pip install vl-convert-python, "
      + "then: export \(variable)=~/vl-convert/bin/python3"
  }

  private static var candidates: [String] {
    let installed = pathOfProgram.dropLast(2) + ["share", "ipcbench", "venv-report"]
    let folders =
      ["/" + installed.joined(separator: "/")]
      + [checkout.map { "\($0)/.venv-report" }]
      .compactMap { $0 }
    return folders.map { "\($0)/bin/python3" }
  }

  private static var checkout: String? {
    let parts = pathOfProgram
    guard let build = parts.lastIndex(where: { $0.hasPrefix(".build") }) else { return nil }
    let folder = "/" + parts[..<build].joined(separator: "/")
    return access("\(folder)/scripts/setup", X_OK) == 0 ? folder : nil
  }

  private static var pathOfProgram: [Substring] {
    guard let program = realpath("/proc/self/exe", nil) else { return [] }
    defer { free(program) }
    return Array(String(cString: program).split(separator: "/"))
  }
}
