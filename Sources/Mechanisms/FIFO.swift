import Glibc
import Paths
import Trials

extension Mechanism {
  /// Two named pipes in a private directory, which is gone again when both are open. fifo(7).
  public static let fifo = Mechanism(
    "fifo", summary: "two named pipes, one a direction",
    copies: "copied into the kernel and out again",
    block: DescriptorChannel<Blocking>.self, spin: DescriptorChannel<Spinning>.self,
    adaptive: DescriptorChannel<Adaptive>.self, buffer: .kernel(.pipe)
  ) { workload throws(CallError) in
    let directory = try PrivateDirectory.make()
    let forth = try directory.openFIFO("forth", bufferBytes: workload.bufferBytes)
    let back = try directory.openFIFO("back", bufferBytes: workload.bufferBytes)
    return PipeEnds.link(forth: forth, back: back)
  }
}

/// A directory that only its owner can enter, removed at the end of its life. mkdir(2), mode 0700.
private struct PrivateDirectory: ~Copyable {
  private let parent: Folder
  private let name: String
  private let folder: Folder

  static func make() throws(CallError) -> PrivateDirectory {
    let place = Leftovers.temporaryDirectory
    guard let parent = Folder.open(place, followingLink: true) else {
      throw CallError(
        "open", while: "looking for room for FIFOs in \(place.shown)", for: .connecting)
    }
    // Another program may own a name; a fresh one is tried rather than somebody's directory taken.
    for _ in 0..<16 {
      let name = Leftovers.nextDirectoryName()
      if !parent.makeFolder(name, mode: 0o700) {
        if errno == EEXIST { continue }
        throw CallError(
          "mkdir", while: "making \(parent.path(of: name).shown)", for: .connecting)
      }
      guard let folder = parent.folder(name) else {
        let error = CallError(
          "open", while: "opening \(parent.path(of: name).shown)", for: .connecting)
        parent.removeFolder(name)
        throw error
      }
      return PrivateDirectory(parent: parent, name: name, folder: folder)
    }
    throw CallError(
      "mkdir", code: EEXIST,
      text: "sixteen names in a row are taken; remove \(place.shown)/ipcbench-*",
      while: "making a directory for FIFOs")
  }

  private init(parent: consuming Folder, name: String, folder: consuming Folder) {
    self.parent = parent
    self.name = name
    self.folder = folder
  }

  deinit { parent.removeFolder(name) }

  /// Both ends of a FIFO whose name is gone again.
  func openFIFO(_ name: String, bufferBytes: Int) throws(CallError) -> PipeEnds {
    let path = folder.path(of: name).shown
    guard folder.makeFIFO(name) else {
      throw CallError("mkfifo", while: "making \(path)", for: .connecting)
    }
    defer { folder.remove(name) }
    // Opening the reading end without O_NONBLOCK would wait for a writer, and there is none yet.
    let reading = OwnedDescriptor(
      adopting: try retrying("open", while: "opening \(path) for reading", for: .connecting) {
        folder.openFIFO(name, O_RDONLY | O_NONBLOCK)
      })
    let writing = OwnedDescriptor(
      adopting: try retrying("open", while: "opening \(path) for writing", for: .connecting) {
        folder.openFIFO(name, O_WRONLY)
      })
    try PipeEnds.setCapacity(of: writing, to: bufferBytes)
    return PipeEnds(reading: reading, writing: writing)
  }
}
