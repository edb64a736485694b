import Foundation
import Testing

extension AtTheCommandLine {
  /// What a build was made from is written down with every run.
  @Suite struct DependencyTests {
    let session: UserSession

    init() throws { session = try UserSession() }

    private static let manifest =
      (try? String(
        contentsOf: URL(filePath: #filePath).appending(path: "../../../Package.swift")
          .standardizedFileURL, encoding: .utf8)) ?? ""

    private func build() throws -> [String: Any] {
      let run = try session.run(UserSession.oneTrial + ["--quiet", "--output", "run"])
      #expect(run.exitCode == 0, "\(run.errors)")
      return try #require(try session.json("run/run.json")["build"] as? [String: Any])
    }

    /// Those too that only a dependency asks for, which the manifest does not name.
    @Test func everyPackageOfTheManifestHasItsVersion() throws {
      let versions = try #require(try build()["packages"] as? [String: String])
      let named = Self.manifest.matches(of: /\.package\(url: "[^"]*\/([^"\/]+)"/)
        .map { String($0.output.1).lowercased() }
      #expect(named.count >= 3)
      for name in named + ["swift-numerics"] {
        let version = try #require(versions[name], "\(versions)")
        #expect(version.wholeMatch(of: /\d+\.\d+\.\d+/) != nil, "\(name) \(version)")
      }
    }

    @Test func everyLibraryOfTheSystemHasItsVersion() throws {
      let versions = try #require(try build()["libraries"] as? [String: String])
      let named = Self.manifest.matches(of: /pkgConfig: "([^"]+)"/).map { String($0.output.1) }
      #expect(named.count >= 4)
      #expect(Set(versions.keys) == Set(named + ["glibc"]))
      for (name, version) in versions {
        #expect(version.wholeMatch(of: /\d+(\.\d+)+/) != nil, "\(name) \(version)")
      }
    }
  }
}
