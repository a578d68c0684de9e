/*
 * syscalls PROGRAM [ARGUMENT...] - runs a program under the name of its first argument, which it
 * drops, and prints how many system calls it and its threads and children make, and its exit status,
 * on standard error.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stop at a system call, with PTRACE_O_TRACESYSGOOD. */
#define AT_SYSCALL (SIGTRAP | 0x80)

int main(int argc, char **argv)
{
    long stops = 0, options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                              PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    int status, outcome = -1;
    pid_t pid, child;

    if (argc < 3)
        return 125;
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[1], argv + 2);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child ||
        ptrace(PTRACE_SETOPTIONS, child, 0, options) || ptrace(PTRACE_SYSCALL, child, 0, 0))
        return 126;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFSTOPPED(status)) {
            stops += WSTOPSIG(status) == AT_SYSCALL;
            ptrace(PTRACE_SYSCALL, pid, 0, 0);
        } else if (pid == child)
            outcome = status;
    }
    /* Each call stops twice, at its begin and at its end. */
    dprintf(2, "usage %ld %d\n", stops / 2, outcome);
    return 0;
}
