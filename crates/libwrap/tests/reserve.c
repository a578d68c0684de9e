/*
 * reserve - lets allocations fail while a table is read into memory, which the library can do without:
 * none may end the process nor grant anything, and where a table can still be read the answer is the
 * usual one. Works in the current directory; prints what was wrong.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tcpd.h>

/* Longer than the library leaves a changed file alone. */
#define SETTLED 2300000

#define RULES 3000

int allow_severity = 6, deny_severity = 4;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

/* How many allocations are left (below 0 there is no end), and the largest that is given. */
static __thread long left = -1, made;
static __thread size_t largest = -1;

static int refused(size_t size)
{
    made++;
    if (left > 0)
        left--;
    return left == 0 || size > largest;
}

void *malloc(size_t size)
{
    return refused(size) ? 0 : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused(count * size) ? 0 : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return refused(size) ? 0 : __libc_realloc(block, size);
}

static int ask(char *address)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, address, 0);
    return hosts_access(&request);
}

/* In a process of its own, for which the table is read in: whether it ends well. */
static int child(long allocations, size_t size, int counted)
{
    pid_t pid;
    int status;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int granted, good;

        alarm(20);
        left = allocations;
        largest = size;
        made = 0;
        granted = ask("192.0.2.7");
        if (write(counted, &made, sizeof(made)) != sizeof(made))
            _exit(1);
        /* Without any memory a request is denied; without large blocks it can do. */
        good = granted || allocations >= 0;
        left = -1;
        good = good && ask("192.0.2.7") && ask("192.0.2.7") && !ask("192.0.2.8");
        _exit(good ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
    static const char *lists[] = { "svcd: 192.0.2.7\n", "svcd: 10. EXCEPT 10.1. h.example.org\n" };
    FILE *allow = fopen("allow", "w"), *deny = fopen("deny", "w");
    long allocations, needed = 0;
    size_t size;
    int wrong = 0, counted[2];

    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    for (int i = 0; i < RULES; i++)
        fprintf(allow, "in.otherd, OtherD, svcd: 10.1.%d.%d\n%s", i / 250, i % 250, i % 100 ? "" : lists[1]);
    fputs(lists[0], allow);
    fputs("ALL: ALL\n", deny);
    fclose(allow);
    fclose(deny);
    if (pipe(counted) != 0)
        return 1;
    usleep(SETTLED);
    ask("192.0.2.7");
    for (allocations = -1; allocations <= needed; allocations += allocations < 0 ? 2 : 1) {
        if (!child(allocations, -1, counted[1]))
            wrong++, printf("wrong after %ld allocations\n", allocations);
        else if (read(counted[0], &made, sizeof(made)) != sizeof(made))
            return 1;
        else if (allocations < 0)
            needed = made;
    }
    /* A read needs blocks of 64 KiB. */
    for (size = 1 << 16; size < 1 << 20; size *= 2)
        if (!child(-1, size, counted[1]))
            wrong++, printf("wrong without blocks over %zu\n", size);
    printf("%d wrong, %s\n", wrong, needed < RULES ? "few allocations" : "too many allocations");
    return 0;
}
