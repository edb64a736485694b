import Glibc
import Paths
import Trials

/// Whether results can be put where they are to go, found out before anything long is done: a place is
/// tried by making it, and taken away again.
public enum OutputPlace {
  /// The least that a run writes before its first trial.
  private static let probeBytes = 16 << 10
  private static let probeName = "ipcbench-probe"

  /// Throws unless a folder can be made at `path`, with those above it, and be written to.
  ///
  /// - Throws: What `RunFolder.create` would throw later.
  public static func requireNewFolder(_ path: String) throws(ResultsError) {
    let missing = missingFolders(above: path)
    defer {
      // Refused, rightly, where somebody has put something there meanwhile.
      for folder in missing.reversed() { folder.withSystemBytes { _ = rmdir($0) } }
    }
    let place = try claimFolder(path)
    defer { place.path.withSystemBytes { _ = rmdir($0) } }
    try requireRoom(in: place)
  }

  /// The same for a folder that may be there already.
  public static func requireFolder(_ path: String) throws(ResultsError) {
    guard canAccess(path) else { return try requireNewFolder(path) }
    guard isDirectory(path) else {
      throw ResultsError(
        .cannotCreate, "\(path): is a file, not a folder; give another --output")
    }
    guard canAccess(path, W_OK | X_OK) else {
      throw .creating(path, errno, instead: "give another --output")
    }
  }

  /// Throws unless a file can be put in place at `path`, or written to if it is a device or a pipe.
  public static func requireFile(_ path: String, instead: String) throws(ResultsError) {
    var status = stat()
    if path.withSystemBytes({ stat($0, &status) }) == 0 {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw .writing(path, EISDIR, instead: instead)
      }
      guard canAccess(path, W_OK) else { throw .writing(path, errno, instead: instead) }
      guard status.st_mode & S_IFMT == S_IFREG else { return }
    }
    // What takes the file's place is made beside it.
    guard let (parent, name) = lastStep(of: path) else {
      throw .writing(path, EISDIR, instead: instead)
    }
    guard let folder = Folder.open(parent, followingLink: true) else {
      throw .creating(path, errno, instead: instead)
    }
    let probe = "\(name).part"
    folder.remove(probe)
    let descriptor = folder.openNewFile(probe)
    guard descriptor >= 0 else { throw .creating(path, errno, instead: instead) }
    close(descriptor)
    folder.remove(probe)
  }

  /// Those on the way to `path` that are not there yet, from the root on.
  private static func missingFolders(above path: String) -> [String] {
    var partial = path.isAbsolutePath ? "/" : ""
    var missing: [String] = []
    for component in path.pathParts.dropLast() {
      partial += component + "/"
      if !canAccess(partial) { missing.append(partial) }
    }
    return missing
  }

  private static func requireRoom(in folder: borrowing Folder) throws(ResultsError) {
    defer { folder.remove(probeName) }
    let text = String(repeating: "\n", count: probeBytes)
    do throws(ResultsError) {
      var file = try AppendOnlyFile.create(probeName, in: folder)
      try file.append(text)
    } catch {
      throw error.startingRun(in: folder.path)
    }
  }
}
