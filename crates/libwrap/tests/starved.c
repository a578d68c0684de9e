/*
 * Lets the first, the second, and each later allocation of a request fail, and all that come after it.
 * None of it may grant what the tables deny, nor end the process, but for lookups of names, in which the C
 * library itself ends it. Prints a line for each rule; a failed one begins with FAILED.
 */
#include "walk.h"
#include <signal.h>
#include <stddef.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

/* How many allocations are left; below 0 there is no end. */
static __thread long left = -1;
static __thread long made;

static int refused(void)
{
    made++;
    if (left > 0)
        left--;
    return left == 0;
}

void *malloc(size_t size)
{
    return refused() ? 0 : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? 0 : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return refused() ? 0 : __libc_realloc(block, size);
}

static int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    connect(client, (struct sockaddr *)&address, length);
    return accept(listener, 0, 0);
}

static const struct {
    char *allow, *deny;
    int granted, looks_up;
} rules[] = {
    {"svcd: 127.0.0.1\n", "ALL: ALL\n", 1, 0},
    {"svcd: 192.0.2.1 [2001:db8::]/32 EXCEPT 127.0.0.1\n", "ALL: ALL\n", 0, 0},
    {"", "svcd: localhost .localdomain 127.0.0.1\n", 0, 1},
    {"", "svcd: KNOWN LOCAL\n", 0, 1},
    {"", "svcd: joe@ALL UNKNOWN@ALL\n", 0, 0},
    {"svcd: nobody.example.org\n", "svcd: /run/nonexistent list\nsvcd: /etc/hosts 127.0.0.1\n", 0, 1},
    {"svcd: ALL: spawn exit 0: setenv A %a%h%n%u: umask 022\n", "ALL: ALL\n", 1, 1},
    {"svcd: ALL: aclexec exit 0\n", "ALL: ALL\n", 1, 0},
    {"svcd: ALL: aclexec exit 1\n", "ALL: ALL\n", 0, 0},
    {"svcd: ALL: banners .: severity mail.notice: deny\n", "", 0, 0},
    {"svcd: ALL: twist echo no\n", "ALL: ALL\n", 0, 0},
    {"svcd: ALL: bogus\n", "", 0, 0},
};

/* In a process of its own: 2 and the answer, or a signal. */
static int ask(int server, long allocations, int writes)
{
    struct request_info request;
    int granted;

    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    resident = 1;
    alarm(20);
    left = allocations;
    made = 0;
    sock_host(&request);
    granted = hosts_access(&request);
    left = -1;
    if (write(writes, &made, sizeof(made)) != sizeof(made))
        _exit(1);
    _exit(2 + granted);
}

int main(void)
{
    static char buffer[1 << 16];
    int server = connected(), ends[2], status;
    long allocations, needed = 0;
    size_t rule;

    setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    table("svcd", "banner %a %h\n");
    if (pipe(ends) != 0)
        return 1;
    for (rule = 0; rule < sizeof(rules) / sizeof(*rules); rule++) {
        int good = 1;

        table("allow", rules[rule].allow);
        table("deny", rules[rule].deny);
        /* With all the memory, to count; then with 1, 2, 3 allocations less one. */
        for (allocations = -1; allocations <= needed; allocations += allocations < 0 ? 2 : 1) {
            pid_t child;

            fflush(stdout);
            child = fork();
            if (child == 0)
                ask(server, allocations, ends[1]);
            waitpid(child, &status, 0);
            if (rules[rule].looks_up && allocations > 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM)
                continue;
            if (!WIFEXITED(status) || WEXITSTATUS(status) < 2) {
                printf("FAILED after %ld: status %x: %s%s", allocations, status, rules[rule].allow, rules[rule].deny);
                good = 0;
                continue;
            }
            if (read(ends[0], &made, sizeof(made)) != sizeof(made))
                return 1;
            if (allocations < 0) {
                needed = made;
                good &= WEXITSTATUS(status) - 2 == rules[rule].granted;
            } else if (WEXITSTATUS(status) - 2 > rules[rule].granted) {
                printf("FAILED granted after %ld: %s%s", allocations, rules[rule].allow, rules[rule].deny);
                good = 0;
            }
        }
        printf("%s %ld allocations: %s", good ? "good," : "FAILED,", needed, rules[rule].allow);
        if (!*rules[rule].allow)
            putchar('\n');
    }
    return 0;
}
