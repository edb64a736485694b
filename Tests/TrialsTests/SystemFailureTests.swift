import Glibc
import Testing
import Trials

@Suite struct SystemFailureTests {
  /// Every errno that Linux has (asm-generic/errno.h), and one that it has not.
  private static let codes = Array(1...133) + [4095]

  private static let everyFailure = codes.flatMap { code in
    SystemFailure.Purpose.allCases.flatMap { purpose in
      ["", "give another --output"].map { SystemFailure(Int32(code), purpose, instead: $0) }
    }
  }

  @Test func everyCodeHasACauseAndARemedyOnOneLine() {
    for failure in Self.everyFailure {
      #expect(!failure.cause.isEmpty && !failure.remedy.isEmpty, "\(failure)")
      #expect(failure.text == "\(failure.cause); \(failure.remedy)")
      #expect(!failure.text.contains { $0.isNewline }, "\(failure.text)")
      #expect(!failure.text.contains("; ;") && !failure.text.contains(", or ;"), "\(failure.text)")
      #expect(failure.text.count < 220, "\(failure.text)")
    }
  }

  /// What a remedy speaks of, and the only codes that have to do with it.
  @Test(
    arguments: [
      ("disk", []), ("dmesg", [EIO]), ("/sys", [ENOENT, ENOTDIR]),
      ("free space", [ENOSPC, EDQUOT]),
      ("quota", [EDQUOT]), ("owner and mode", [EACCES, EPERM]), ("chmod", [EACCES, EPERM]),
      ("ulimit -n", [EMFILE]), ("file-max", [ENFILE]), ("ulimit -f", [EFBIG]),
      ("ulimit -v", [ENOMEM, ENOBUFS]), ("pids.max", [EAGAIN]), ("symbolic links lead", [ELOOP]),
      ("namei -l PATH", [ELOOP]), ("is a folder", [EISDIR]), ("is a file", [ENOTDIR]),
      ("read-only", [EROFS]), ("mount it for writing", [EROFS]),
      ("link set lo up", [ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EHOSTUNREACH, ENODEV]),
      ("seccomp", [EPERM, EACCES, ENOSYS]), ("--cap-add", [EPERM, EACCES]),
      ("file server", [ESTALE]), ("rows", []), ("never overwrites", [EEXIST]),
    ] as [(String, [Int32])])
  func aRemedySpeaksOnlyOfItsCause(_ word: String, _ codes: [Int32]) {
    for failure in Self.everyFailure where failure.text.contains(word) {
      #expect(codes.contains(failure.code), "\(failure.code): \(failure.text)")
    }
    for code in codes {
      #expect(
        Self.everyFailure.contains { $0.code == code && $0.text.contains(word) },
        "no remedy for \(code) speaks of \(word)")
    }
  }

  @Test(
    arguments: [
      (ENOENT, .reading, 66), (ENOTDIR, .reading, 66), (ELOOP, .reading, 66),
      (ENAMETOOLONG, .reading, 66), (EISDIR, .reading, 65), (EACCES, .reading, 77),
      (EPERM, .reading, 77), (EIO, .reading, 74), (EMFILE, .reading, 74), (ENOMEM, .reading, 74),
      (EEXIST, .creating, 73), (ENOENT, .creating, 73), (ENOTDIR, .creating, 73),
      (EROFS, .creating, 73), (ELOOP, .creating, 73), (ENAMETOOLONG, .creating, 73),
      (EACCES, .creating, 77), (ENOSPC, .creating, 74), (EDQUOT, .creating, 74),
      (EMFILE, .creating, 74), (ENOSPC, .writing, 74), (EFBIG, .writing, 74), (EIO, .writing, 74),
      (EISDIR, .writing, 73), (EPERM, .writing, 77), (ENOENT, .starting, 66),
      (EACCES, .starting, 77), (ENOEXEC, .starting, 69), (ENETUNREACH, .connecting, 69),
      (EMFILE, .connecting, 69), (ENOSPC, .sharingMemory, 69), (EMFILE, .examining, 69),
      (EPERM, .placingMemory, 69),
    ] as [(Int32, SystemFailure.Purpose, Int32)])
  func theExitCodeIsTheContracts(_ code: Int32, _ purpose: SystemFailure.Purpose, _ exit: Int32) {
    #expect(SystemFailure(code, purpose).kind.exitCode == exit)
  }

  @Test func whatElseCanBeDoneIsOffered() {
    let failure = SystemFailure(ENOSPC, .creating, instead: "give another --output")
    #expect(
      failure.text
        == "cannot be created (No space left on device); free space there, or give another --output"
    )
    #expect(SystemFailure(ENOENT, .reading, instead: "give a run").text == "not there; give a run")
  }
}
