import Glibc
import Mechanisms
import Paths
import Trials

/// Keeps the processors to a run's idle policy for as long as it lives. Only the driver holds one.
///
/// `poll` is a request to the kernel that lasts while a descriptor is open: an int32 of 0
/// microseconds written to /dev/cpu_dma_latency, the longest that coming back from idle may take
/// (Documentation/admin-guide/pm/cpuidle.rst, "Power Management Quality of Service"). Even a driver
/// that is killed leaves nothing behind, because the kernel closes its descriptors.
public struct HeldIdlePolicy: ~Copyable {
  static let device = "/dev/cpu_dma_latency"

  /// None where the host idles as it likes.
  private let request: OwnedDescriptor?

  /// - Parameter root: Where the files of /dev and /sys are looked for.
  public static func hold(
    _ policy: IdlePolicy, root: String = "/"
  ) throws(IdlePolicyError) -> HeldIdlePolicy {
    guard policy == .poll else { return HeldIdlePolicy(request: nil) }
    let files = SystemFiles(root: root)
    // The request speaks to the kernel's cpuidle; without a driver there, idle processors halt
    // all the same, and the run would only claim to have polled.
    if files.line("/sys/devices/system/cpu/cpuidle/current_driver") == "none" {
      throw .withoutIdleDriver
    }
    let number = files.path(device).withSystemBytes { open($0, O_WRONLY | O_CLOEXEC) }
    guard number >= 0 else { throw .opening(errno) }
    let request = OwnedDescriptor(adopting: number)
    var microseconds: Int32 = 0
    guard write(number, &microseconds, MemoryLayout<Int32>.size) == MemoryLayout<Int32>.size
    else { throw .refused(errno) }
    return HeldIdlePolicy(request: request)
  }
}

/// Why the processors cannot be kept from halting. The description is one line with the remedy.
public enum IdlePolicyError: Error, Hashable, Sendable {
  /// This kernel, or this container, does not have the device.
  case missing
  case forbidden
  /// Nothing in this kernel would heed the request.
  case withoutIdleDriver
  /// A call failed with this errno.
  case refused(Int32)

  static func opening(_ code: Int32) -> IdlePolicyError {
    switch code {
    case ENOENT, ENODEV, ENXIO, ENOTDIR: .missing
    case EACCES, EPERM, EROFS: .forbidden
    default: .refused(code)
    }
  }

  /// What the process should exit with (sysexits.h: EX_UNAVAILABLE, EX_NOPERM).
  public var exitCode: Int32 { self == .forbidden ? 77 : 69 }
}

extension IdlePolicyError: CustomStringConvertible {
  public var description: String {
    let place = HeldIdlePolicy.device
    return switch self {
    case .missing:
      "idle policy poll is not available here: no \(place); it takes a kernel with CPU_IDLE, and "
        + "in a container 'docker run --device \(place)'; or leave --idle-policy out"
    case .forbidden:
      "idle policy poll needs \(place), and this user may not write to it; "
        + "run with sudo, or allow it until the next boot: sudo chmod o+w \(place)"
    case .withoutIdleDriver:
      "idle policy poll is not available here: this kernel has no cpuidle driver to heed it; "
        + "boot with idle=poll instead, or leave --idle-policy out"
    case .refused(let code):
      "idle policy poll is not available here: \(place): "
        + SystemFailure(code, .writing, instead: "leave --idle-policy out").text
    }
  }
}
