import Foundation
import PackagePlugin

/// Writes down, for run.json, which version of each dependency a build is made with.
///
/// Asked of the package manager itself, at each build: it knows as much of a package from a registry as of
/// one from git, and a plain `swift build` has it, too. Package.resolved could not be kept instead: it
/// holds commits, which are others in a mirror.
@main
struct DependencyVersions: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
    let source = context.pluginWorkDirectoryURL.appending(path: "DependencyVersions.swift")
    let text = Self.swiftSource(
      packages: Self.versionsOfPackages(below: context.package),
      libraries: Self.versionsOfLibraries(of: context.package))
    // A command with the text among its arguments, and not a file written here: so the build system
    // sees whether it changed.
    let path = source.path(percentEncoded: false)
    return [
      .buildCommand(
        displayName: "Versions of dependencies",
        executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", "printf %s \"$1\" > \"$2\"", "sh", text, path],
        outputFiles: [source])
    ]
  }

  /// Every package that this one needs, itself or by another.
  private static func versionsOfPackages(below root: Package) -> [String: String] {
    var versions: [String: String] = [:]
    var waiting = root.dependencies.map(\.package)
    while let package = waiting.popLast() {
      let (name, version) = nameAndVersion(of: package)
      guard versions.updateValue(version, forKey: name) == nil else { continue }
      waiting += package.dependencies.map(\.package)
    }
    return versions
  }

  /// By a name that is the same from a registry, where it is `scope.name`, and from git.
  private static func nameAndVersion(of package: Package) -> (name: String, version: String) {
    switch package.origin {
    case .repository(_, let version, _):
      return (package.id, version)
    case .registry(let identity, let version):
      let name = identity.split(separator: ".", maxSplits: 1).last.map { String($0) }
      return (name ?? identity, version)
    case .root, .local:
      return (package.id, "local")
    @unknown default:
      return (package.id, "unknown")
    }
  }

  /// What this package links of the system, by the names that pkg-config has for it.
  private static func versionsOfLibraries(of package: Package) -> [String: String] {
    var versions: [String: String] = [:]
    for case let library as SystemLibraryTarget in package.targets {
      guard let name = library.pkgConfig else { continue }
      versions[name] = versionByPkgConfig(of: name) ?? "unknown"
    }
    return versions
  }

  private static func versionByPkgConfig(of name: String) -> String? {
    let pkgConfig = Process()
    let output = Pipe()
    pkgConfig.executableURL = URL(filePath: "/usr/bin/env")
    pkgConfig.arguments = ["pkg-config", "--modversion", name]
    pkgConfig.standardOutput = output
    pkgConfig.standardError = FileHandle.nullDevice
    guard (try? pkgConfig.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    pkgConfig.waitUntilExit()
    let version = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return pkgConfig.terminationStatus == 0 && !version.isEmpty ? version : nil
  }

  private static func swiftSource(
    packages: [String: String], libraries: [String: String]
  ) -> String {
    """
    /// What this build was made with, as the plugin DependencyVersions found it.
    enum DependencyVersions {
      static let packages: [String: String] = \(literal(packages))
      static let libraries: [String: String] = \(literal(libraries))
    }

    """
  }

  private static func literal(_ versions: [String: String]) -> String {
    guard !versions.isEmpty else { return "[:]" }
    let entries = versions.sorted { $0.key < $1.key }
      .map { "\($0.key.debugDescription): \($0.value.debugDescription)" }
    return "[" + entries.joined(separator: ", ") + "]"
  }
}
