import Glibc

/// Why a system call failed, and what helps: made from its errno and from what it was for. errno(3).
///
/// This is the only place that knows remedies for an errno. What the code does not say, the remedy
/// does not claim: a disk is blamed for what disks do, and /proc for what is missing there.
public struct SystemFailure: Error, Hashable, Sendable {
  /// What the call was for.
  public enum Purpose: String, Hashable, Sendable, CaseIterable {
    /// Reading a file that the user named.
    case reading
    /// Making a file or a folder at a place that the user chose.
    case creating
    /// Writing into one that is there.
    case writing
    /// Starting a program.
    case starting
    /// Joining two processes: pipes and sockets.
    case connecting
    /// Making POSIX shared memory.
    case sharingMemory
    /// Asking the kernel about the machine and about what this process may use of it.
    case examining
    /// Choosing the memory that a process gets.
    case placingMemory
  }

  /// Which of the contract's exit codes it calls for.
  public enum Kind: Hashable, Sendable, CaseIterable {
    case missing, malformed, permission, cannotCreate, inputOutput, unavailable

    /// sysexits.h's numbers.
    public var exitCode: Int32 {
      switch self {
      case .malformed: EX_DATAERR
      case .missing: EX_NOINPUT
      case .unavailable: EX_UNAVAILABLE
      case .cannotCreate: EX_CANTCREAT
      case .inputOutput: EX_IOERR
      case .permission: EX_NOPERM
      }
    }
  }

  /// The errno.
  public let code: Int32
  public let purpose: Purpose
  /// What the user can do in place of what failed, as "give another --output"; empty if nothing.
  public let instead: String

  public init(_ code: Int32, _ purpose: Purpose, instead: String = "") {
    self.code = code
    self.purpose = purpose
    self.instead = instead
  }

  /// What is wrong and what to do about it, to stand behind the name of what it is about.
  public var text: String { "\(cause); \(remedy)" }

  /// The kernel's words for a code. strerror(3).
  public static func words(_ code: Int32) -> String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }

  // MARK: - What is wrong

  /// In plain words where the kernel's own leave something to guess.
  public var cause: String {
    switch code {
    case _ where !namesAFile: Self.words(code)
    case EACCES, EPERM: "no permission to \(verb)"
    case EEXIST where purpose == .creating: "exists already, and ipcbench never overwrites"
    case EISDIR: "is a folder, not a file"
    case ELOOP: "its symbolic links lead in a circle"
    case ENAMETOOLONG: "its name is longer than a name may be"
    case ENOENT where purpose == .reading || purpose == .starting: "not there"
    case ENOTDIR: "a part of its path is a file, not a folder"
    case EROFS: "what it is on is mounted read-only"
    default: "\(deed) (\(Self.words(code)))"
    }
  }

  private var verb: String {
    switch purpose {
    case .reading: "read it"
    case .creating: "create it"
    case .writing: "write to it"
    case .starting: "execute it"
    case .connecting, .sharingMemory, .examining, .placingMemory: "do it"
    }
  }

  private var deed: String {
    switch purpose {
    case .reading: "reading failed"
    case .creating: "cannot be created"
    case .writing: "writing failed"
    case .starting: "cannot be started"
    case .connecting, .sharingMemory, .examining, .placingMemory: "it failed"
    }
  }

  /// Whether the call is about a path of the user's.
  private var namesAFile: Bool { [.reading, .creating, .writing, .starting].contains(purpose) }

  /// Which exit code the failure calls for.
  public var kind: Kind {
    switch (code, purpose) {
    case (_, .connecting), (_, .sharingMemory), (_, .examining), (_, .placingMemory): .unavailable
    case (EACCES, _), (EPERM, _): .permission
    case (ENOENT, .reading), (ENOTDIR, .reading), (ELOOP, .reading), (ENAMETOOLONG, .reading):
      .missing
    case (EISDIR, .reading), (ENXIO, .reading), (ENODEV, .reading): .malformed
    case (ENOSPC, .creating), (EDQUOT, .creating), (EIO, .creating), (EFBIG, .creating),
      (EMFILE, .creating), (ENFILE, .creating), (ENOMEM, .creating):
      .inputOutput
    case (_, .creating): .cannotCreate
    case (EISDIR, .writing), (ENOENT, .writing), (ENOTDIR, .writing), (ELOOP, .writing),
      (ENAMETOOLONG, .writing), (EROFS, .writing):
      .cannotCreate
    case (ENOENT, .starting), (ENOTDIR, .starting), (ELOOP, .starting), (EISDIR, .starting),
      (ENAMETOOLONG, .starting):
      .missing
    case (_, .starting): .unavailable
    default: .inputOutput
    }
  }
}

// MARK: - What to do

extension SystemFailure {
  /// What helps against this code in a call for this purpose. Never empty.
  public var remedy: String {
    Self.remedyForShortage(code) ?? remedyForConnection ?? remedyForSharedMemory ?? remedyForPlace
      ?? remedyForRequest
  }

  /// The command of a shortage's remedy, to be copied; nil where no command helps.
  public static func command(_ code: Int32) -> String? {
    switch code {
    case EMFILE: "ulimit -n 1024"
    case ENFILE: "sudo sysctl -w fs.file-max=1000000"
    case EFBIG: "ulimit -f unlimited"
    case ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EHOSTUNREACH, ENODEV: "sudo ip link set lo up"
    default: nil
    }
  }

  /// The limits of a process and of the system are the same whatever is done.
  public static func remedyForShortage(_ code: Int32) -> String? {
    let command = command(code) ?? ""
    return switch code {
    case EMFILE: "this process may open no more files, raise the limit: \(command)"
    case ENFILE: "the system may open no more files, raise the limit: \(command)"
    case EFBIG: "a file may not become larger here, raise the limit: \(command)"
    case ENOMEM, ENOBUFS:
      "free memory, or raise what the process may have (ulimit -v, memory.max of its control group)"
    default: nil
    }
  }

  /// What only sockets run into.
  private var remedyForConnection: String? {
    guard purpose == .connecting else { return nil }
    return switch code {
    case ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EHOSTUNREACH, ENODEV:
      "bring the loopback interface up: \(Self.command(code) ?? "")"
    case ECONNREFUSED, ECONNRESET, ECONNABORTED, ETIMEDOUT, EHOSTDOWN:
      "see whether a packet filter keeps connections on 127.0.0.1 from being made: nft list ruleset"
    case EADDRINUSE, EAGAIN:
      "no port of 127.0.0.1 is free, end what holds them (ss -tan), or allow more: "
        + "sysctl net.ipv4.ip_local_port_range"
    case EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, ESOCKTNOSUPPORT, EPFNOSUPPORT:
      "this kernel or sandbox has no such sockets, leave the mechanism out"
    case ENOSPC, EDQUOT: "free space where it is made (TMPDIR)"
    case EROFS, ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP:
      "let TMPDIR name a folder that is there and can be written to, as TMPDIR=/tmp"
    default: nil
    }
  }

  /// What is wrong with /dev/shm.
  private var remedyForSharedMemory: String? {
    guard purpose == .sharingMemory else { return nil }
    return switch code {
    case EROFS: "mount it for writing: sudo mount -o remount,rw /dev/shm"
    case ENOENT, ENOTDIR, ENODEV: "mount it: sudo mount -t tmpfs none /dev/shm"
    case EACCES, EPERM: "let everybody write there: sudo chmod 1777 /dev/shm"
    case ENOSPC, EDQUOT: "free room in /dev/shm"
    default: nil
    }
  }

  /// What is wrong with a place, or with what is there.
  private var remedyForPlace: String? {
    switch (code, purpose) {
    case (EACCES, _), (EPERM, _): remedyForPermission
    case (ENOSYS, _): "the kernel lacks the call or a sandbox hides it, allow it there (seccomp)"
    case (ENOENT, .examining), (ENOTDIR, .examining): "check that /proc and /sys are mounted"
    case (ENOENT, .creating): orInstead("make the folder above it first")
    case (ENOENT, .writing): "it was taken away meanwhile: leave it alone until this is done"
    case (ENOSPC, _): orInstead("free space there")
    case (EDQUOT, _): orInstead("free space of your own there (quota -s)")
    case (EROFS, _): orInstead("mount it for writing")
    case (EEXIST, _): orInstead("remove it")
    case (EIO, _) where namesAFile: orInstead("the device it is on fails, see dmesg")
    case (ESTALE, _): orInstead("its file server has lost it, mount it again")
    case (ELOOP, _): orInstead("see where they lead by: namei -l PATH")
    case (EISDIR, .writing), (ENOTDIR, .writing), (ENAMETOOLONG, .writing):
      orInstead("choose another path")
    case (ENOENT, _), (ENOTDIR, _), (EISDIR, _), (ENAMETOOLONG, _):
      instead.isEmpty ? "check the path" : instead
    default: nil
    }
  }

  private var remedyForPermission: String {
    switch purpose {
    case .starting: orInstead("allow it: chmod +x")
    case .creating: instead.isEmpty ? "choose a place where you may write" : instead
    case .reading, .writing: "check its owner and mode, and those of the folders above (namei -l)"
    case .connecting, .sharingMemory:
      "allow it where this process is confined (seccomp, a container's profile)"
    case .examining, .placingMemory:
      "allow the call where this process is confined (containers: --cap-add SYS_NICE)"
    }
  }

  /// What is wrong with what was asked for; and whatever nobody has foreseen.
  private var remedyForRequest: String {
    switch (code, purpose) {
    case (ENOEXEC, .starting), (ELIBBAD, .starting):
      orInstead("it is no program for this machine")
    case (EAGAIN, .starting):
      "end other processes, or raise how many there may be (ulimit -u, pids.max)"
    case (ETXTBSY, _), (EBUSY, _): "something else is using it: wait until that is done"
    case (EBADF, .writing):
      orInstead("it is closed or not open for writing: give it a file, or /dev/null")
    case (ENXIO, _), (ENODEV, _): orInstead("it is a device or pipe with nobody behind it")
    case (EINVAL, .creating), (EINVAL, .writing), (EOPNOTSUPP, .creating), (EOPNOTSUPP, .writing):
      orInstead("its file system does not do this")
    case (EINVAL, .reading), (EOPNOTSUPP, .reading): orInstead("it cannot be read as a file")
    default: orInstead("what the error stands for says: man 3 errno")
    }
  }

  private func orInstead(_ remedy: String) -> String {
    instead.isEmpty ? remedy : "\(remedy), or \(instead)"
  }
}
