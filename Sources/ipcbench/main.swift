import CLinux
import Glibc
import Harness

// A worker is this program, too, and starts before anything of the command line is looked at, so
// that a trial does not pay for it.
if ProgramArguments.first == Worker.commandName {
  Worker.main(Array(ProgramArguments.words.dropFirst()), mechanisms: MechanismList.all)
}
// So is what becomes another program, and ends with this one.
if ProgramArguments.first == Leash.commandName {
  Leash.main(Array(ProgramArguments.words.dropFirst()))
}
// Started without a standard stream (`>&-`), the next file opened would get its number, and every
// message would go into that file. Nothing can be written to what stands in for standard output, so that
// what the user wanted to keep is not lost without a word.
for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
  _ = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
}
// A reader who has seen enough of the output (`| head`) must not end a run, nor a limit on the size of
// files cut a row in two.
linux_ignore_signals()
linux_end_at_cpu_limit()
IPCBench.start()
