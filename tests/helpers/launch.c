/*
 * launch - starts a program in a state that a shell cannot set up.
 *
 * launch [-a ARGV0] [-e] [-c FD]... [-i SIGNAL]... [-b SIGNAL]... [-m BYTES]
 *        [-n FILES] [-o FD]... [-p HEX] [-u UID] [-t SECONDS] PROGRAM [ARGUMENT...]
 *
 * -a argv[0]; -e an empty argument vector; -c close a descriptor; -i ignore and -b
 * block a signal; -m limit of address space; -n limit of open files; -o open /dev/null at a descriptor; -p IP options
 * of the connection on descriptor 0; -u user and group id, without further groups; -t sleep
 * first.
 *
 * Who starts us with posix_spawn leaves glibc's own two signals ignored; a super-server
 * does not, so they are set back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void reset_internal_signals(void)
{
    /* The kernel's struct sigaction, all zero: the default action. */
    static const unsigned long action[8];

    for (int internal = 32; internal <= 33; internal++)
        syscall(SYS_rt_sigaction, internal, action, NULL, 8);
}

static int set_ip_options(const char *hex)
{
    unsigned char options[40];
    socklen_t len = 0;
    unsigned int byte;

    for (; len < sizeof options && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        options[len++] = (unsigned char) byte;
    return setsockopt(0, IPPROTO_IP, IP_OPTIONS, options, len);
}

int main(int argc, char **argv)
{
    char *name = NULL, *none[] = {NULL};
    int option, empty = 0, closing[16], count = 0;
    struct rlimit files = {0, 0}, memory = {0, 0};
    int limits_files = 0; /* 0 is a limit too */
    sigset_t blocked;

    reset_internal_signals();
    sigemptyset(&blocked);
    while ((option = getopt(argc, argv, "+a:ec:i:b:m:n:o:p:u:t:")) != -1)
        switch (option) {
        case 'a': name = optarg; break;
        case 'e': empty = 1; break;
        case 'c': if (count < 16) closing[count++] = atoi(optarg); break;
        case 'i': signal(atoi(optarg), SIG_IGN); break;
        case 'b': sigaddset(&blocked, atoi(optarg)); break;
        case 'm': memory.rlim_cur = memory.rlim_max = atol(optarg); break;
        case 'n': files.rlim_cur = files.rlim_max = atoi(optarg), limits_files = 1; break;
        case 'o': dup2(open("/dev/null", O_RDWR), atoi(optarg)); break;
        case 'p':
            if (set_ip_options(optarg))
                return perror("launch: cannot set IP options"), 126;
            break;
        case 't': sleep(atoi(optarg)); break;
        case 'u':
            if (setgroups(0, NULL) || setgid(atoi(optarg)) || setuid(atoi(optarg)))
                return perror("launch: cannot change user"), 126;
            break;
        default: return 125;
        }
    if (optind >= argc)
        return 125;
    char *program = argv[optind];
    if (name)
        argv[optind] = name;
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    while (count > 0)
        close(closing[--count]);
    if (limits_files)
        setrlimit(RLIMIT_NOFILE, &files);
    if (memory.rlim_cur)
        setrlimit(RLIMIT_AS, &memory);
    execv(program, empty ? none : argv + optind);
    return 127;
}
