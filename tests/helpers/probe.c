/*
 * probe - the "real daemon" of the scenarios.
 *
 * Says `served` to its client: over the connected stream, to the sender of the
 * queued datagram, or to the next client of a listening socket. With the argument
 * `report` it also says everything that it inherited, one fact a line. It is C, not
 * Rust: a runtime that touches signals or descriptors at start would hide the facts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void file(const char *title, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[4096];

    while (in && fgets(line, sizeof line, in))
        printf("%s %s", title, line);
    if (in)
        fclose(in);
}

static void status(void)
{
    static const char *const wanted[] = {
        "Umask", "Uid", "Gid", "Groups", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk",
        "SigIgn", "SigCgt", "Cap", "NoNewPrivs", "Seccomp", "THP_enabled", "x86_Thread",
    };
    FILE *in = fopen("/proc/self/status", "r");
    char line[4096];

    while (in && fgets(line, sizeof line, in))
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            if (!strncmp(line, wanted[i], strlen(wanted[i])) && strncmp(line, "SigQ", 4))
                printf("status %s", line);
    if (in)
        fclose(in);
}

static void descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char path[64], target[512];
        int fd = atoi(entry->d_name);
        ssize_t len;

        if (entry->d_name[0] == '.' || fd == dirfd(dir))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        len = readlink(path, target, sizeof target - 1);
        target[len < 0 ? 0 : len] = 0;
        printf("fd %d %s getfd=%d getfl=%o\n", fd, target, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    }
    if (dir)
        closedir(dir);
}

static void socket_option(const char *name, int level, int option)
{
    unsigned char value[64];
    socklen_t len = sizeof value;

    printf("sockopt %s", name);
    if (getsockopt(0, level, option, value, &len) < 0)
        len = 0;
    for (socklen_t i = 0; i < len; i++)
        printf(" %02x", value[i]);
    printf("\n");
}

static void environment(void)
{
    FILE *in = fopen("/proc/self/environ", "r");
    int c, start = 1;

    while (in && (c = getc(in)) != EOF) {
        if (start)
            printf("env ");
        start = c == 0;
        if (c == 0)
            printf("\n");
        else if (c < ' ' || c > '~' || c == '\\')
            printf("\\%03o", c);
        else
            putchar(c);
    }
    if (in)
        fclose(in);
}

static void report(int argc, char **argv)
{
    char cwd[4096] = "?";
    struct itimerval timer;
    int death = -1;

    for (int i = 0; i < argc; i++)
        printf("argv %d %s\n", i, argv[i]);
    environment();
    descriptors();
    status();
    printf("cwd %s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    file("limit", "/proc/self/limits");
    file("oom", "/proc/self/oom_score_adj");
    file("coredump", "/proc/self/coredump_filter");
    file("personality", "/proc/self/personality");
    file("timerslack", "/proc/self/timerslack_ns");
    getitimer(ITIMER_REAL, &timer);
    printf("alarm %ld %d\n", (long) timer.it_value.tv_sec, timer.it_value.tv_usec != 0);
    prctl(PR_GET_PDEATHSIG, &death);
    printf("dumpable %d pdeathsig %d\n", prctl(PR_GET_DUMPABLE), death);
    printf("session %d group %d\n", getsid(0) == getpid(), getpgid(0) == getpid());
    socket_option("keepalive", SOL_SOCKET, SO_KEEPALIVE);
    socket_option("linger", SOL_SOCKET, SO_LINGER);
    socket_option("rcvtimeo", SOL_SOCKET, SO_RCVTIMEO);
    socket_option("sndtimeo", SOL_SOCKET, SO_SNDTIMEO);
    socket_option("rcvbuf", SOL_SOCKET, SO_RCVBUF);
    socket_option("ip_options", 0, 4);
    socket_option("tcp_nodelay", 6, 1);
}

int main(int argc, char **argv)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    int type = 0, listening = 0;
    socklen_t size = sizeof type;
    char datagram[2048];

    if (argc > 1 && !strcmp(argv[1], "report"))
        report(argc, argv);
    printf("served\n");
    if (argc > 2 && !strcmp(argv[1], "fail"))
        return atoi(argv[2]);
    getsockopt(0, SOL_SOCKET, SO_TYPE, &type, &size);
    getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
    if (type == SOCK_DGRAM) {
        if (recvfrom(0, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *) &peer, &len) >= 0)
            sendto(0, "served\n", 7, 0, (struct sockaddr *) &peer, len);
        _exit(0);
    }
    if (listening) {
        int client = accept(0, NULL, NULL);
        if (client >= 0 && write(client, "served\n", 7) < 0)
            _exit(1);
        _exit(0);
    }
    return fflush(stdout) != 0;
}
