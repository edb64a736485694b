import CHwloc
import CLinux
import Glibc
import Trials

extension CPUTopology {
  /// The machine this process runs on, and the part of it that the process may use.
  ///
  /// CPUs that are offline are left out. Nothing is changed, least of all the process's affinity.
  public static func thisMachine() throws(TopologyError) -> CPUTopology {
    guard linux_check_affinity() >= 0 else {
      throw .affinityRefused(call: "sched_getaffinity", code: errno)
    }
    let hardware = try HardwareTopology.thisMachine()
    return try hardware.topology(allowedCPUs: hardware.cpusOfThisProcess())
  }

  /// The same, for who will bind processes to its CPUs: refused where the kernel does not let them be bound.
  public static func toMeasureOn() throws(TopologyError) -> CPUTopology {
    let topology = try thisMachine()
    guard linux_check_pinning() == 0 else {
      throw .affinityRefused(call: "sched_setaffinity", code: errno)
    }
    return topology
  }

  /// A machine made up from hwloc's short notation, such as `pack:2 numa:2 l3:2 core:4 pu:2`
  /// (hwloc's manual, "Synthetic topologies"): to test on what is not at hand.
  ///
  /// - Parameter allowedCPUs: What the process may use of it; nil allows everything.
  public static func synthetic(
    description: String, allowedCPUs: [Int]? = nil
  ) throws(TopologyError) -> CPUTopology {
    let hardware = try HardwareTopology.synthetic(description)
    return try hardware.topology(allowedCPUs: allowedCPUs)
  }
}

/// Why the machine's topology is not known.
public enum TopologyError: Error, Hashable, Sendable {
  /// An hwloc function failed.
  case call(String, code: Int32)
  case malformedDescription(String)
  /// The environment makes hwloc describe some other machine.
  case notThisMachine
  /// Of the CPUs that this process may use, hwloc knows none.
  case noUsableCPU
  /// The kernel does not tell which CPUs this process may use, or does not let it choose one, as in some
  /// sandboxes.
  case affinityRefused(call: String, code: Int32)
}

extension TopologyError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .call(let function, let code):
      "the CPU topology cannot be read: \(function): "
        + SystemFailure(code, .examining, instead: "see what lstopo says").text
    case .malformedDescription(let text):
      "'\(text)' is not a topology in hwloc's synthetic notation, such as 'pack:2 core:4 pu:2'"
    case .notThisMachine:
      "hwloc is told to describe another machine; "
        + "unset HWLOC_SYNTHETIC, HWLOC_XMLFILE and HWLOC_FSROOT"
    case .affinityRefused(let call, let code):
      "no trial can be run here: workers cannot be bound to CPUs: \(call): "
        + SystemFailure(code, .examining).text
    case .noUsableCPU:
      "none of the CPUs this process may use is in the CPU topology; "
        + "compare taskset -cp $$ with lstopo"
    }
  }
}

/// A loaded hwloc topology, destroyed with its owner.
private struct HardwareTopology: ~Copyable {
  private let handle: OpaquePointer

  /// Takes a handle from hwloc_topology_init over.
  private init(adopting handle: OpaquePointer) {
    self.handle = handle
  }

  deinit {
    hwloc_topology_destroy(handle)
  }

  static func thisMachine() throws(TopologyError) -> HardwareTopology {
    let hardware = try unloaded()
    // Disallowed CPUs stay in, so that "not allowed" and "does not exist" can be told apart.
    // Without the rest hwloc would bind this thread to each CPU in turn to ask it about itself, and
    // read distances, memory attributes and CPU kinds that nobody here looks at.
    let flags =
      HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue
      | HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING.rawValue
      | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES.rawValue
      | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS.rawValue
      | HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS.rawValue
    try check("hwloc_topology_set_flags", hwloc_topology_set_flags(hardware.handle, UInt(flags)))
    try check("hwloc_topology_load", hwloc_topology_load(hardware.handle))
    // A made-up machine must never pass for this one in a run's results.
    guard hwloc_topology_is_thissystem(hardware.handle) == 1 else { throw .notThisMachine }
    return hardware
  }

  static func synthetic(_ description: String) throws(TopologyError) -> HardwareTopology {
    let hardware = try unloaded()
    guard hwloc_topology_set_synthetic(hardware.handle, description) == 0 else {
      throw .malformedDescription(description)
    }
    try check("hwloc_topology_load", hwloc_topology_load(hardware.handle))
    return hardware
  }

  private static func unloaded() throws(TopologyError) -> HardwareTopology {
    var handle: OpaquePointer?
    try check("hwloc_topology_init", hwloc_topology_init(&handle))
    guard let handle else { throw .call("hwloc_topology_init", code: ENOMEM) }
    return HardwareTopology(adopting: handle)
  }

  /// The CPUs that this process may run on: the affinity of all its threads together, within its
  /// cpuset (sched_getaffinity(2), cpuset(7)).
  func cpusOfThisProcess() throws(TopologyError) -> [Int] {
    guard let set = hwloc_bitmap_alloc() else { throw .call("hwloc_bitmap_alloc", code: ENOMEM) }
    defer { hwloc_bitmap_free(set) }
    let flags = Int32(HWLOC_CPUBIND_PROCESS.rawValue)
    try Self.check("hwloc_get_cpubind", hwloc_get_cpubind(handle, set, flags))
    hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(handle))
    return Self.indices(in: set)
  }

  /// - Parameter allowedCPUs: nil allows all.
  func topology(allowedCPUs: [Int]?) throws(TopologyError) -> CPUTopology {
    let cpus = objects(of: HWLOC_OBJ_PU).map { logicalCPU($0) }
    let nodes = objects(of: HWLOC_OBJ_NUMANODE).map { Int($0.pointee.os_index) }
    let existing = Set(cpus.map(\.id))
    guard !existing.isDisjoint(with: allowedCPUs ?? Array(existing)) else { throw .noUsableCPU }
    return CPUTopology(cpus: cpus, allowedCPUs: allowedCPUs, memoryOnlyNodes: nodes)
  }

  private func objects(of type: hwloc_obj_type_t) -> [hwloc_obj_t] {
    let count = max(0, hwloc_get_nbobjs_by_type(handle, type))
    return (0..<UInt32(count)).compactMap { hwloc_get_obj_by_type(handle, type, $0) }
  }

  private func logicalCPU(_ unit: hwloc_obj_t) -> LogicalCPU {
    // hwloc's logical index is unique in the machine, where the kernel's core_id repeats from one
    // package to the next.
    func logicalIndex(_ type: hwloc_obj_type_t) -> Int? {
      hwloc_get_ancestor_obj_by_type(handle, type, unit).map { Int($0.pointee.logical_index) }
    }
    return LogicalCPU(
      id: Int(unit.pointee.os_index),
      // A machine that reports no cores has none with several threads.
      core: logicalIndex(HWLOC_OBJ_CORE) ?? Int(unit.pointee.logical_index),
      l2: logicalIndex(HWLOC_OBJ_L2CACHE),
      l3: logicalIndex(HWLOC_OBJ_L3CACHE),
      package: logicalIndex(HWLOC_OBJ_PACKAGE) ?? 0,
      numaNode: localNode(of: unit))
  }

  /// The node that serves the fewest CPUs beside this one, then the lowest number: a core may be
  /// local to its own memory, to high-bandwidth memory, and to a memory expander of the whole
  /// machine at once. Zero where the kernel knows no nodes.
  private func localNode(of unit: hwloc_obj_t) -> Int {
    var nearest: (cpus: Int32, node: Int)?
    for node in Self.indices(in: unit.pointee.nodeset) {
      guard let object = hwloc_get_numanode_obj_by_os_index(handle, UInt32(node)) else { continue }
      let weight = hwloc_bitmap_weight(object.pointee.cpuset)
      let cpus = weight > 0 ? weight : Int32.max
      if let nearest, nearest.cpus <= cpus { continue }
      nearest = (cpus, node)
    }
    return nearest?.node ?? 0
  }

  private static func indices(in set: hwloc_const_bitmap_t?) -> [Int] {
    var indices: [Int] = []
    // hwloc_bitmap_next ends with -1; an infinite bitmap, which would not end, has no weight.
    guard let set, hwloc_bitmap_weight(set) > 0 else { return indices }
    var index = hwloc_bitmap_first(set)
    while index >= 0 {
      indices.append(Int(index))
      index = hwloc_bitmap_next(set, index)
    }
    return indices
  }

  private static func check(_ function: String, _ result: Int32) throws(TopologyError) {
    guard result == 0 else { throw .call(function, code: errno) }
  }
}
