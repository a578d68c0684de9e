/*
 * usage PROGRAM [ARGUMENT...] - runs a program under the name of its first argument, which it
 * drops, and prints peak memory in KiB, page faults and exit status on standard error.
 *
 * Small and static, since a child begins with its parent's peak.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage used;
    int status;

    if (argc < 3)
        return 125;
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[1], argv + 2);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
        return 126;
    dprintf(2, "usage %ld %ld %d\n", used.ru_maxrss, used.ru_minflt, status);
    return 0;
}
