import CNUMA
import Glibc
import Trials

/// Memory of chosen NUMA nodes, through libnuma (numa(3)).
public enum NUMAMemory {
  /// No more pages than this are asked about in `verify`, evenly spread over the range.
  static let sampledPagesLimit = 4096

  /// The nodes that have memory and that this process may allocate on (`Mems_allowed` in
  /// /proc/self/status, cpuset(7)), ascending.
  public static func nodes() throws(NUMAError) -> [Int] {
    try requirePolicies()
    guard let allowed = numa_get_mems_allowed() else {
      throw .call("numa_get_mems_allowed", code: ENOMEM)
    }
    defer { numa_bitmask_free(allowed) }
    return existingNodes().filter {
      numa_bitmask_isbitset(allowed, UInt32($0)) != 0 && numa_node_size64(Int32($0), nil) > 0
    }
  }

  /// Makes the kernel take all further memory of the calling thread, and of threads that it starts
  /// later, from one node or not at all (set_mempolicy(2), MPOL_BIND).
  ///
  /// Pages that are there already stay where they are: bind first, then touch.
  public static func bind(toNode node: Int) throws(NUMAError) {
    try requireUsable(node: node)
    guard let mask = numa_allocate_nodemask() else {
      throw .call("numa_allocate_nodemask", code: ENOMEM)
    }
    defer { numa_bitmask_free(mask) }
    numa_bitmask_setbit(mask, UInt32(node))
    // numa_set_membind does the same, but only prints when the kernel refuses.
    // The kernel takes one bit less than it is told (set_mempolicy(2), BUGS).
    guard set_mempolicy(MPOL_BIND, mask.pointee.maskp, mask.pointee.size + 1) == 0 else {
      throw .call("set_mempolicy", code: errno)
    }
    // What libnuma's own allocators take for this process must not fall back to other nodes either.
    numa_set_bind_policy(1)
  }

  /// Throws unless `bind` can be done.
  public static func requireUsable(node: Int) throws(NUMAError) {
    let usable = try nodes()
    guard !usable.contains(node) else { return }
    let existing = existingNodes()
    guard existing.contains(node) else { throw .nodeMissing(node, existing: existing) }
    throw .nodeNotUsable(node, usable: usable)
  }

  /// Takes `bind` back for the calling thread: memory comes from the node that the thread runs on.
  public static func unbind() throws(NUMAError) {
    try requirePolicies()
    numa_set_bind_policy(0)
    guard set_mempolicy(MPOL_DEFAULT, nil, 0) == 0 else {
      throw .call("set_mempolicy", code: errno)
    }
  }

  /// Asks the kernel where the pages of a range really are (move_pages(2) without a destination)
  /// and throws unless all of them are on the node. A page that was never touched is nowhere yet,
  /// and counts against it.
  ///
  /// At most 4096 pages are asked about, the first, the last and others evenly spread between them.
  public static func verify(node: Int, range: UnsafeRawBufferPointer) throws(NUMAError) {
    try requirePolicies()
    var pages = sampledPages(of: range, pageBytes: Int(numa_pagesize()))
    guard !pages.isEmpty else { return }
    var status = [Int32](repeating: -ENOENT, count: pages.count)
    // Process 0 is the calling one; without a list of nodes nothing is moved.
    guard numa_move_pages(0, UInt(pages.count), &pages, nil, &status, 0) == 0 else {
      throw .call("move_pages", code: errno)
    }
    let placed = PagePlacement(status)
    guard placed.pagesByNode == [node: pages.count] else {
      throw .misplaced(wanted: node, placed)
    }
  }

  /// Start addresses of the pages that `verify` asks about.
  static func sampledPages(
    of range: UnsafeRawBufferPointer, pageBytes: Int
  ) -> [UnsafeMutableRawPointer?] {
    guard let base = range.baseAddress, !range.isEmpty else { return [] }
    let first = UInt(bitPattern: base) / UInt(pageBytes)
    let last = (UInt(bitPattern: base) + UInt(range.count) - 1) / UInt(pageBytes)
    let span = last - first
    let count = min(span + 1, UInt(sampledPagesLimit))
    return (0..<count).map { index in
      let page = first + (count > 1 ? index * span / (count - 1) : 0)
      return UnsafeMutableRawPointer(bitPattern: page * UInt(pageBytes))
    }
  }

  private static func existingNodes() -> [Int] {
    (0...max(0, numa_max_node())).filter { ipcbench_numa_node_exists(UInt32($0)) != 0 }.map(
      Int.init)
  }

  /// Why memory cannot be bound to a node here; nil where it can.
  public static func obstacle() -> NUMAError? {
    do throws(NUMAError) {
      try requirePolicies()
      return nil
    } catch {
      return error
    }
  }

  /// Asks the kernel by each of the calls that are made later. libnuma, which is asked last, only takes
  /// ENOSYS for a no, and a container's filter says EPERM; no other function of it may be called where
  /// this one fails (numa(3)).
  private static func requirePolicies() throws(NUMAError) {
    guard get_mempolicy(nil, nil, 0, nil, 0) == 0 else { throw .refused("get_mempolicy", errno) }
    // A mode that does not exist: the call is let through if it is found to be invalid, and changes nothing.
    guard set_mempolicy(noMode, nil, 0) == 0 || errno == EINVAL else {
      throw .refused("set_mempolicy", errno)
    }
    guard numa_move_pages(0, 0, nil, nil, nil, 0) == 0 || ![ENOSYS, EPERM, EACCES].contains(errno)
    else { throw .refused("move_pages", errno) }
    guard numa_available() >= 0 else { throw .refused("set_mempolicy", ENOSYS) }
  }

  private static let noMode: Int32 = 0x7fff
}

/// Where the pages of a range are, as move_pages(2) tells.
public struct PagePlacement: Hashable, Sendable {
  public let pagesByNode: [Int: Int]
  /// Pages that nobody has written to yet (ENOENT, or EFAULT for the shared page of zeroes).
  public let untouchedPages: Int
  /// Pages that the kernel gave some other error for, by that error's code.
  public let unknownPagesByCode: [Int32: Int]

  init(_ status: [Int32]) {
    var pagesByNode: [Int: Int] = [:]
    var untouchedPages = 0
    var unknownPagesByCode: [Int32: Int] = [:]
    for value in status {
      switch value {
      case 0...: pagesByNode[Int(value), default: 0] += 1
      case -ENOENT, -EFAULT: untouchedPages += 1
      default: unknownPagesByCode[-value, default: 0] += 1
      }
    }
    self.pagesByNode = pagesByNode
    self.untouchedPages = untouchedPages
    self.unknownPagesByCode = unknownPagesByCode
  }
}

extension PagePlacement: CustomStringConvertible {
  public var description: String {
    var parts = pagesByNode.sorted { $0.key < $1.key }.map { "\($0.value) on node \($0.key)" }
    if untouchedPages > 0 { parts.append("\(untouchedPages) not touched yet") }
    parts += unknownPagesByCode.sorted { $0.key < $1.key }
      .map { "\($0.value) unknown (\(String(cString: strerror($0.key))))" }
    return parts.joined(separator: ", ")
  }
}

/// Why memory is not, or cannot be, on the node that was asked for. The description is one line
/// with a remedy.
public enum NUMAError: Error, Hashable, Sendable {
  /// The kernel has no memory policies, or a seccomp filter keeps them from this process: the call that
  /// was refused, and its errno.
  case refused(String, Int32)
  case nodeMissing(Int, existing: [Int])
  /// The node exists, but without memory that this process may use.
  case nodeNotUsable(Int, usable: [Int])
  case misplaced(wanted: Int, PagePlacement)
  /// A function of libnuma or a system call failed.
  case call(String, code: Int32)
}

extension NUMAError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refused(let call, let code):
      "memory cannot be bound to a NUMA node: the kernel does not offer \(call) here "
        + "(\(SystemFailure.words(code))); leave out the memory node, or allow the call "
        + "(containers: --cap-add SYS_NICE)"
    case .nodeMissing(let node, let existing):
      "NUMA node \(node) does not exist; this machine has nodes \(existing.kernelList)"
    case .nodeNotUsable(let node, let usable):
      "NUMA node \(node) exists, but holds no memory this process may use (cpuset.mems); "
        + (usable.isEmpty ? "" : "choose one of \(usable.kernelList), or ")
        + "allow it in cpuset.mems"
    case .misplaced(let wanted, let placed):
      "memory is not all on NUMA node \(wanted): of the pages checked, \(placed); "
        + "bind to the node before the memory is first touched"
    case .call(let function, let code):
      "memory cannot be bound to a NUMA node: \(function): "
        + SystemFailure(code, .placingMemory, instead: "leave out the memory node").text
    }
  }
}
