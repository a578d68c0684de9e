/*
 * A client whose name a rule refuses, while the process lacks a descriptor or memory, so that the name cannot
 * be looked up: never granted. A rule about addresses alone decides all the same. Uses the name of 127.0.0.1,
 * which must be localhost. Prints a line for each; a failed one begins with FAILED.
 */
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static int served, client;

static void is(const char *what, long got, long expected)
{
    if (got == expected)
        printf("%s\n", what);
    else
        printf("FAILED %s: %ld, not %ld\n", what, got, expected);
}

static void connects(void)
{
    struct sockaddr_in place = {0};
    socklen_t length = sizeof(place);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&place, sizeof(place)) || listen(listener, 1))
        perror("listen");
    getsockname(listener, (struct sockaddr *)&place, &length);
    client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&place, sizeof(place)))
        perror("connect");
    served = accept(listener, 0, 0);
    close(listener);
}

static int ask(void)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, served, 0);
    sock_host(&request);
    return hosts_access(&request);
}

/* The program asks for the name first, and goes on with what it was told. */
static int ask_before(void)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, served, 0);
    sock_host(&request);
    eval_hostname(request.client);
    return hosts_access(&request);
}

/* Of a file on overlayfs nothing is certain, so it is not kept in memory. */
static int is_kept(void)
{
    struct statfs place;

    return statfs(".", &place) == 0 && place.f_type != 0x794c7630;
}

/* With not a descriptor left: tables are in memory, or missing. */
static void no_descriptors(const char *deny)
{
    struct rlimit limit, none;
    int granted[2], by_address, held;

    table("deny", deny);
    table("nets", "svcd: 127.0.0.9\n");
    /* A change a moment ago is not trusted; the second use reads the table into memory. */
    sleep(3);
    is("refused by name", ask() + ask() + ask(), 0);
    hosts_deny_table = "nets";
    is("granted by address", ask() + ask() + ask(), 3);
    hosts_deny_table = "deny";
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    granted[0] = ask();
    granted[1] = ask_before();
    hosts_deny_table = "missing";
    by_address = ask();
    hosts_deny_table = "nets";
    held = ask();
    hosts_deny_table = "deny";
    setrlimit(RLIMIT_NOFILE, &limit);
    is("refused where the name cannot be asked for", granted[0], 0);
    is("refused where the program could not ask either", granted[1], 0);
    is("missing tables need no descriptor", by_address, 1);
    if (is_kept())
        is("a table in memory decides by address without one", held, 1);
    else
        is("a table that cannot be kept refuses without one", held, 0);
    is("refused by name again", ask(), 0);
}

/* Larger blocks than this are refused. */
static size_t largest = (size_t)-1;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
    return size > largest ? (errno = ENOMEM, (void *)0) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return count * size > largest ? (errno = ENOMEM, (void *)0) : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return size > largest ? (errno = ENOMEM, (void *)0) : __libc_realloc(block, size);
}

/* With memory for blocks of a few bytes: enough for the library, and not for a lookup of the C library. */
static void no_memory(void)
{
    static const size_t sizes[] = {0, 40, 80, 120, 200, 300, 400, 500, 700, 1000, 2000, 4000, 4095};
    size_t at;
    long granted = 0;

    table("deny", "svcd: localhost\n");
    sleep(3);
    is("refused with memory", ask() + ask() + ask(), 0);
    for (at = 0; at < sizeof(sizes) / sizeof(*sizes); at++) {
        largest = sizes[at];
        granted += ask() + ask_before();
    }
    largest = (size_t)-1;
    is("never granted with little memory", granted, 0);
    is("refused by name again", ask(), 0);
    hosts_deny_table = "missing";
    is("granted with memory", ask(), 1);
}

/* Calls that tell who is at a socket; while the program says so, they fail. */
static int fails;

static int call(int which, int number, long descriptor, void *one, void *two, void *three, void *four)
{
    if (fails == which) {
        errno = ENOBUFS;
        return -1;
    }
    return syscall(number, descriptor, one, two, three, four);
}

int getsockname(int descriptor, struct sockaddr *address, socklen_t *length)
{
    return call(1, SYS_getsockname, descriptor, address, length, 0, 0);
}

int getpeername(int descriptor, struct sockaddr *address, socklen_t *length)
{
    return call(2, SYS_getpeername, descriptor, address, length, 0, 0);
}

int getsockopt(int descriptor, int level, int name, void *value, socklen_t *length)
{
    return call(3, SYS_getsockopt, descriptor, (void *)(long)level, (void *)(long)name, value, length);
}

/* The client is known; whether it is source-routed cannot be seen. */
static void unseen(void)
{
    struct request_info request;

    hosts_deny_table = "missing";
    for (fails = 0; fails <= 3; fails++) {
        int now = fails;

        fails = 0;
        request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, served, 0);
        sock_host(&request);
        fails = now;
        fix_options(&request);
        fails = 0;
        is(now == 0 ? "granted" : "refused where IP options cannot be seen", hosts_access(&request), now == 0);
        fails = now;
    }
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, -1, 0);
    fix_options(&request);
    is("no socket has no options", hosts_access(&request), 1);
}

int main(int count, char **arguments)
{
    hosts_allow_table = "missing";
    hosts_deny_table = "deny";
    connects();
    if (count > 1 && strcmp(arguments[1], "memory") == 0) {
        no_memory();
        return 0;
    }
    if (count > 1 && strcmp(arguments[1], "options") == 0) {
        unseen();
        return 0;
    }
    no_descriptors("svcd: localhost\n");
    no_descriptors("svcd: ALL EXCEPT .nowhere\n");
    no_descriptors("svcd: KNOWN\n");
    return 0;
}
