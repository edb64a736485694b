import Glibc
import Paths

/// Where the Python is that has vl-convert.
enum RendererLocation {
  /// The environment variable that decides, if it is set.
  private static let variable = "IPCBENCH_VL_CONVERT"

  /// What the variable names; or the virtual environment that `scripts/setup --with-report` makes in the
  /// checkout whose `.build` holds this program; or one beside an installed program, in
  /// `share/ipcbench/venv-report`; or whatever python3 is in PATH, which may have the package.
  static var python: String {
    environmentVariable(variable) ?? candidates.first { canAccess($0, X_OK) } ?? "python3"
  }

  /// What to do where it is missing, on one line.
  static var remedy: String {
    if let checkout { return "install it: \(checkout)/scripts/setup --with-report" }
    return
      "install it: python3 -m venv ~/vl-convert && ~/vl-convert/bin/pip install vl-convert-python, "
      + "then: export \(variable)=~/vl-convert/bin/python3"
  }

  private static var candidates: [String] {
    let installed = partsOfProgram.dropLast(2) + ["share", "ipcbench", "venv-report"]
    let folders =
      ["/" + installed.joined(separator: "/")]
      + [checkout.map { "\($0)/.venv-report" }]
      .compactMap { $0 }
    return folders.map { "\($0)/bin/python3" }
  }

  private static var checkout: String? {
    let parts = partsOfProgram
    guard let build = parts.lastIndex(where: { $0.hasPrefix(".build") }) else { return nil }
    let folder = "/" + parts[..<build].joined(separator: "/")
    return canAccess("\(folder)/scripts/setup", X_OK) ? folder : nil
  }

  private static var partsOfProgram: [String] { pathOfProgram()?.pathParts ?? [] }
}
