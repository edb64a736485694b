import Glibc
import Harness

// A worker is this program, too, and starts before anything of the command line is looked at, so
// that a trial does not pay for it.
if CommandLine.arguments.count > 1 && CommandLine.arguments[1] == Worker.commandName {
  Worker.main(Array(CommandLine.arguments.dropFirst(2)), mechanisms: MechanismList.all)
}
// A reader who has seen enough of the output (`| head`) must not end a run.
signal(SIGPIPE, SIG_IGN)
IPCBench.start()
