import Glibc
import Testing

/// Runs programs with some system calls refused, as container runtimes do. seccomp(2).
struct RefusedCalls {
  /// A program that installs the filter and becomes another.
  private let program: String

  private static let source = """
    #include <errno.h>
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stddef.h>
    #include <stdio.h>
    #include <sys/prctl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static const int calls[] = {CALLS};
    int main(int count, char **arguments) {
      enum { most = sizeof calls / sizeof *calls };
      struct sock_filter filter[2 * most + 2];
      int n = 0;
      filter[n++] = (struct sock_filter)BPF_STMT(
          BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
      for (int i = 0; i < most; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
      }
      filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
      struct sock_fprog program = {n, filter};
      if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
          prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 71;
      execv(arguments[1], arguments + 1);
      return 71;
    }
    """

  /// - Parameter names: as sys/syscall.h names them, without SYS_.
  init(_ names: String..., in session: UserSession) throws {
    program = session.path("refuse-calls")
    try session.write(Self.source, to: "refuse-calls.c")
    let calls = names.map { "SYS_\($0)" }.joined(separator: ",")
    let built = try session.command([
      "cc", "-DCALLS=\(calls)", "-o", program, session.path("refuse-calls.c"),
    ])
    try #require(built.exitCode == 0, "\(built.errors)")
  }

  /// What runs a program with the calls refused.
  func words(_ words: [String]) -> [String] { [program] + words }

  /// Whether this machine can build such a program, and lets it install a filter.
  static let canBeTried: Bool = {
    guard let session = try? UserSession(), let calls = try? RefusedCalls("acct", in: session)
    else { return false }
    return (try? session.command(calls.words(["/bin/true"])))?.exitCode == 0
  }()
}
