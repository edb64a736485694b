import Foundation
import Testing

/// C functions in the place of a library's, to bring about what libraries and sandboxes do elsewhere.
enum Preload {
  static let isPossible = UserSession.canRun("cc", "--version")

  /// Compiles the functions; what stands before a program's words to have it call them. LD_PRELOAD, ld.so(8).
  static func words(_ source: String, in session: UserSession) throws -> [String] {
    let name = "preload-\(UUID().uuidString)"
    try session.write("#define _GNU_SOURCE\n\(source)\n", to: "\(name).c")
    let (file, library) = (session.path("\(name).c"), session.path("\(name).so"))
    let compiled = try session.command(["cc", "-shared", "-fPIC", "-o", library, file])
    try #require(compiled.exitCode == 0, "\(compiled.errors)")
    return ["env", "LD_PRELOAD=\(library)"]
  }

  /// Compiles a program that runs another one with a system call refused (seccomp(2), as container runtimes
  /// do); what stands before the other's words.
  static func refusing(_ call: String, in session: UserSession) throws -> [String] {
    let source = """
      #include <errno.h>
      #include <linux/filter.h>
      #include <linux/seccomp.h>
      #include <stddef.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      int main(int count, char **words) {
        struct sock_filter filter[] = {
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, \(call), 0, 1),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        struct sock_fprog program = {4, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
          return 99;
        execv(words[1], words + 1);
        return 98;
      }
      """
    let file = "refuse-\(call)"
    try session.write(source, to: "\(file).c")
    let compiled = try session.command(
      ["cc", "-o", session.path(file), session.path("\(file).c")])
    try #require(compiled.exitCode == 0, "\(compiled.errors)")
    return [session.path(file)]
  }
}
