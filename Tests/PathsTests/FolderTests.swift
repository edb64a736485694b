import Glibc
import Testing

@testable import Paths

/// Folders and links that somebody has laid out to have a program write elsewhere.
@Suite struct FolderTests {
  /// A folder of its own, `inside`, and a file that must stay, `outside/precious`.
  private static func withFolders(_ body: (borrowing Folder, String) throws -> Void) throws {
    var template = Array("/tmp/folder-tests-XXXXXX".utf8CString)
    let place = String(systemBytes: try #require(mkdtemp(&template)))
    let all = try Self.opened(Folder.open("/tmp"))
    defer { all.removeAll(String(place.dropFirst(5))) }
    let folder = try Self.opened(Folder.open(place))
    try #require(folder.makeFolder("inside") && folder.makeFolder("outside"))
    let outside = try Self.opened(folder.folder("outside"))
    close(outside.openNewFile("precious"))
    try body(try Self.opened(folder.folder("inside")), place)
    #expect(outside.status(of: "precious") != nil)
  }

  private struct NotThere: Error {}

  /// `#require` takes nothing that has one owner.
  private static func opened(_ folder: consuming Folder?) throws -> Folder {
    guard let folder else { throw NotThere() }
    return folder
  }

  @Test(arguments: ["", ".", "..", "a/b", "/etc", "../outside"])
  func aNameThatLeadsElsewhereIsNone(name: String) throws {
    try Self.withFolders { folder, _ in
      #expect(folder.openNewFile(name) == -1 && errno == EINVAL)
      #expect(!folder.remove(name) && errno == EINVAL)
      #expect(!folder.makeFolder(name) && errno == EINVAL)
      let isThere = folder.folder(name) != nil
      #expect(!isThere)
    }
  }

  @Test func noLinkIsFollowed() throws {
    try Self.withFolders { folder, place in
      try #require(symlink("\(place)/outside", "\(place)/inside/link") == 0)
      try #require(symlink("\(place)/outside/precious", "\(place)/inside/file") == 0)
      let viaName = folder.folder("link") != nil
      #expect(!viaName)
      let viaPath = Folder.open("\(place)/inside/link") != nil
      #expect(!viaPath)
      let wanted = Folder.open("\(place)/inside/link", followingLink: true) != nil
      #expect(wanted)
      #expect(folder.openNewFile("file") == -1 && errno == EEXIST)
      #expect(folder.openForReading("file") == -1)
      #expect((folder.status(of: "file")?.st_mode ?? 0) & S_IFMT == S_IFLNK)
      let isGone = folder.remove("file")
      #expect(isGone)
    }
  }

  @Test func allOfAFolderGoesAndNothingBehindItsLinks() throws {
    try Self.withFolders { folder, place in
      let isMade = folder.makeFolder("a")
      try #require(isMade)
      let inner = try Self.opened(folder.folder("a"))
      let isInside = inner.makeFolder("b")
      try #require(isInside)
      close(inner.openNewFile("file"))
      try #require(symlink("\(place)/outside", "\(place)/inside/a/b/link") == 0)
      try #require(symlink("\(place)/outside/precious", "\(place)/inside/a/precious") == 0)
      folder.removeAll("a")
      #expect(folder.names() == [])
    }
  }

  /// It is the folder that was opened which is written to, not whatever has come to its place.
  @Test func aFolderStaysItselfWhenItsPathIsTaken() throws {
    try Self.withFolders { folder, place in
      try #require(rename("\(place)/inside", "\(place)/moved") == 0)
      try #require(symlink("\(place)/outside", "\(place)/inside") == 0)
      close(folder.openNewFile("new"))
      #expect(namesOfEntries(in: "\(place)/moved") == ["new"])
      #expect(namesOfEntries(in: "\(place)/outside") == ["precious"])
    }
  }

  @Test func namesAreBytes() throws {
    try Self.withFolders { folder, place in
      let name = String(systemBytes: [0x63, 0xE9, 0x1B, 0x0A])
      close(folder.openNewFile(name))
      #expect(folder.names() == [name])
      #expect(namesOfEntries(in: "\(place)/inside") == [name])
      #expect(canAccess("\(place)/inside/\(name)"))
      let isGone = folder.remove(name)
      #expect(isGone)
    }
  }

  @Test func anEmptyVariableIsNotSet() {
    setenv("IPCBENCH_TEST_VARIABLE", "", 1)
    #expect(environmentVariable("IPCBENCH_TEST_VARIABLE") == nil)
    setenv("IPCBENCH_TEST_VARIABLE", "x", 1)
    #expect(environmentVariable("IPCBENCH_TEST_VARIABLE") == "x")
    unsetenv("IPCBENCH_TEST_VARIABLE")
    #expect(environmentVariable("IPCBENCH_TEST_VARIABLE") == nil)
  }
}
