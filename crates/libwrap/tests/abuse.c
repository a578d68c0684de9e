/*
 * What a program may get wrong, or a system refuse it: null pointers, strings without an end, descriptors
 * that are none, tables that cannot be read, no descriptors, no memory, a small stack, a fork among threads.
 * Nothing of it may crash, hang, or grant what the tables do not. Prints a line for each; a failed
 * one begins with FAILED.
 */
#include "walk.h"
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void is(const char *what, long got, long expected)
{
    if (got == expected)
        printf("%s\n", what);
    else
        printf("FAILED %s: %ld, not %ld\n", what, got, expected);
}

static int ask(char *address)
{
    return hosts_ctl("svcd", "", address, "");
}

/* The rule grants one address; everybody else is denied. */
static void usual(void)
{
    table("allow", "svcd: 192.0.2.7\n");
    table("deny", "ALL: ALL\n");
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
}

static void nulls(void)
{
    struct request_info request;
    char text[10];

    usual();
    is("null strings are denied", hosts_ctl(0, 0, 0, 0), 0);
    request_init(&request, RQ_DAEMON, (char *)0, RQ_USER, (char *)0, RQ_CLIENT_NAME, (char *)0, RQ_CLIENT_ADDR,
                 (char *)0, RQ_CLIENT_SIN, (struct sockaddr *)0, RQ_SERVER_NAME, (char *)0, RQ_SERVER_ADDR,
                 (char *)0, RQ_SERVER_SIN, (struct sockaddr *)0, 0);
    is("null values are denied", hosts_access(&request), 0);
    sock_host(&request);
    sock_hostname(request.client);
    sock_hostaddr(request.client);
    fix_options(&request);
    is("no socket is denied", hosts_access(&request), 0);
    process_options(0, &request);
    is("nothing is split", split_at(0, ':') == 0, 1);
    percent_x(text, 10, 0, &request);
    is("nothing is expanded", text[0], 0);
    is("no line fits", xgets(text, 0, stdin) == 0 && xgets(text, 1, stdin) == 0 && xgets(text, -1, stdin) == 0, 1);
    is("no port", strcmp(eval_port(0), "0"), 0);
}

/* Strings that fill their room, with no NUL at the end. */
static void endless(void)
{
    struct request_info request;
    char result[1000];

    usual();
    request_init(&request, RQ_DAEMON, "svcd", 0);
    memset(request.user, 'u', sizeof(request.user));
    memset(request.daemon, 'd', sizeof(request.daemon));
    memset(request.pid, '9', sizeof(request.pid));
    memset(request.client->name, 'c', sizeof(request.client->name));
    memset(request.client->addr, '1', sizeof(request.client->addr));
    memset(request.server->name, 's', sizeof(request.server->name));
    memset(request.server->addr, '1', sizeof(request.server->addr));
    is("strings without an end are denied", hosts_access(&request), 0);
    is("a client of 255 bytes", strlen(eval_client(&request)), 255);
    is("a server of 255 bytes", strlen(eval_server(&request)), 255);
    percent_x(result, sizeof(result), "%u%d%n%a%N%A%p", &request);
    is("the fields are as they were", request.client->name[127] == 'c' && request.pid[9] == '9', 1);
}

static void descriptors(void)
{
    static int numbers[] = {-1, -2, INT_MIN, INT_MAX, 9999, 0, 0, 0, 0, 0, 0};
    struct request_info request;
    int ends[2], file = open("/dev/null", O_RDWR);
    size_t at;

    usual();
    table("allow", "svcd: ALL: banners .: linger 3: keepalive: deny\n");
    table("svcd", "banner\n");
    if (pipe(ends) != 0)
        perror("pipe");
    numbers[5] = file;
    numbers[6] = ends[0];
    numbers[7] = ends[1];
    /* Of a kind without names, without a datagram, not connected. */
    numbers[8] = socket(AF_NETLINK, SOCK_RAW, 0);
    numbers[9] = socket(AF_INET, SOCK_DGRAM, 0);
    numbers[10] = socket(AF_INET6, SOCK_STREAM, 0);
    for (at = 0; at < sizeof(numbers) / sizeof(*numbers); at++) {
        request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, numbers[at], 0);
        fromhost(&request);
        fix_options(&request);
        is("a descriptor without a client is denied", hosts_access(&request), 0);
        if (at >= 5)
            close(numbers[at]);
    }
}

static void tables(void)
{
    static char path[6000], *folders[] = {".", "/dev/zero", "fifo", "allow/x", path};
    size_t at;

    memset(path, 'x', sizeof(path) - 1);
    mkfifo("fifo", 0600);
    usual();
    is("granted", ask("192.0.2.7"), 1);
    is("denied", ask("192.0.2.8"), 0);
    hosts_allow_table = 0;
    is("a null pointer for hosts.allow denies", ask("192.0.2.7"), 0);
    usual();
    hosts_deny_table = 0;
    is("a null pointer for hosts.deny denies", ask("192.0.2.8"), 0);
    for (at = 0; at < sizeof(folders) / sizeof(*folders); at++) {
        usual();
        hosts_allow_table = folders[at];
        is("a hosts.allow that cannot be read grants nothing", ask("192.0.2.7"), 0);
        usual();
        hosts_deny_table = folders[at];
        is("a hosts.deny that cannot be read denies", ask("192.0.2.8"), 0);
    }
    usual();
    hosts_allow_table = hosts_deny_table = "missing";
    is("missing tables grant", ask("192.0.2.8"), 1);
    usual();
}

static void variables(void)
{
    static int values[] = {INT_MIN, -1, 0, 1, 2, INT_MAX};
    size_t at;

    usual();
    for (at = 0; at < 6; at++) {
        hosts_access_verbose = resident = rfc931_timeout = dry_run = values[at];
        tcpd_context.file = at % 2 ? "here" : 0;
        tcpd_context.line = values[at];
        is("granted with odd variables", ask("192.0.2.7"), 1);
        is("denied with odd variables", ask("192.0.2.8"), 0);
        table("allow", "svcd: ALL: twist true\n");
        if (dry_run == 0 && resident > 0)
            is("twist denied with odd variables", ask("192.0.2.7"), 0);
        usual();
    }
    hosts_access_verbose = dry_run = 0;
    rfc931_timeout = 1;
    resident = -1;
    tcpd_context.file = 0;
}

static void again(void)
{
    struct request_info request, copy;

    usual();
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", 0);
    is("once", hosts_access(&request), 1);
    is("twice", hosts_access(&request), 1);
    memcpy(&copy, &request, sizeof(request));
    is("a copy", hosts_access(&copy), 1);
    request_set(&copy, RQ_CLIENT_ADDR, "192.0.2.8", 0);
    is("a copy of its own", hosts_access(&copy), 0);
    is("the first", hosts_access(&request), 1);
    request_set(&request, 4711, 1, 2, 3, 0);
    is("an unknown key", hosts_access(&request), 1);
    request_set(&request, RQ_CLIENT_NAME, "host.example.org", RQ_DAEMON, "other", 0);
    is("another daemon", hosts_access(&request), 0);
}

static void messages(void)
{
    static char wide[20000];
    char result[100];

    memset(wide, 'w', sizeof(wide) - 1);
    tcpd_warn("%s", wide);
    tcpd_context.file = wide;
    tcpd_warn("%s", wide);
    tcpd_context.file = 0;
    if (setjmp(tcpd_buf) == 0)
        tcpd_jump("%s", wide);
    errno = 9999;
    percent_m(result, "%m%");
    is("messages", strlen(result) > 1, 1);
    is("a long name is cut", hosts_ctl(wide, wide, "192.0.2.7", wide), 0);
}

/* With so many descriptors and no more. */
static void no_descriptors(void)
{
    struct rlimit limit, few;
    int free, granted = 0;

    getrlimit(RLIMIT_NOFILE, &limit);
    usual();
    table("allow", "svcd: 192.0.2.7: aclexec exit 0: allow\nsvcd: ALL: aclexec exit 1\nsvcd: /list: allow\n");
    table("list", "198.51.100.0/24\n");
    few = limit;
    for (free = 0; free < 10; free++) {
        few.rlim_cur = 3 + free;
        setrlimit(RLIMIT_NOFILE, &few);
        is("never granted without descriptors", ask("192.0.2.8"), 0);
        granted += ask("192.0.2.7");
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    is("granted once there are enough", granted > 0 && granted < 10, 1);
    is("granted with all", ask("192.0.2.7"), 1);
    usual();
    hosts_allow_table = "missing";
    few.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &few);
    is("a table that cannot be opened denies", ask("192.0.2.7"), 0);
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A program that has closed its standard descriptors. */
static void closed_descriptors(void)
{
    int saved[3], at, answers[3];

    usual();
    table("allow", "svcd: 192.0.2.7: spawn exit 1: aclexec exit 0\nsvcd: 192.0.2.8: aclexec exit 1\n");
    table("deny", "ALL: ALL: spawn echo to nobody\n");
    fflush(stdout);
    for (at = 0; at < 3; at++) {
        saved[at] = fcntl(at, F_DUPFD, 100);
        close(at);
    }
    answers[0] = ask("192.0.2.7");
    answers[1] = ask("192.0.2.8");
    answers[2] = fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1;
    for (at = 0; at < 3; at++) {
        dup2(saved[at], at);
        close(saved[at]);
    }
    is("granted with closed descriptors", answers[0], 1);
    is("denied with closed descriptors", answers[1], 0);
    is("closed descriptors stay closed", answers[2], 1);
}

/* All of the memory, then a little of it back at a time. */
static void no_memory(void)
{
    static void *blocks[200000];
    static size_t sizes[] = {1 << 24, 1 << 20, 1 << 16, 1 << 12, 256, 64, 24};
    struct rlimit limit, little;
    long count = 0, at, granted = 0, wrong = 0, last = 0, asked = 0;
    size_t size;

    usual();
    table("allow", "svcd: 192.0.2.7: severity mail.notice: umask 022: allow\nsvcd: .example.org: allow\n");
    getrlimit(RLIMIT_AS, &limit);
    little = limit;
    little.rlim_cur = 64 << 20;
    setrlimit(RLIMIT_AS, &little);
    for (size = 0; size < 7; size++)
        while (count < 200000 && (blocks[count] = malloc(sizes[size])))
            count++;
    for (at = count; at >= 0; at--) {
        if (at % 512 == 0 || count - at < 100) {
            wrong += hosts_ctl("svcd", "host.example.net", "192.0.2.8", "");
            last = hosts_ctl("svcd", "host.example.org", "192.0.2.7", "joe");
            granted += last;
            asked++;
        }
        if (at > 0)
            free(blocks[at - 1]);
    }
    setrlimit(RLIMIT_AS, &limit);
    is("never granted without memory", wrong, 0);
    is("not granted at first", granted < asked, 1);
    is("granted with memory", last, 1);
}

static int last_answers[2];

static void last(void *nothing)
{
    (void)nothing;
    last_answers[0] = ask("192.0.2.7");
    last_answers[1] = ask("192.0.2.8");
}

static void *ends(void *key)
{
    ask("192.0.2.7");
    pthread_setspecific(*(pthread_key_t *)key, key);
    return 0;
}

/* A thread that asks while its own values are taken down. */
static void ending_thread(void)
{
    pthread_key_t key;
    pthread_t thread;

    usual();
    table("allow", "svcd: KNOWN\nsvcd: 192.0.2.7: spawn exit 0\n");
    pthread_key_create(&key, last);
    pthread_create(&thread, 0, ends, &key);
    pthread_join(thread, 0);
    is("granted in a thread that ends", last_answers[0], 1);
    is("denied in a thread that ends", last_answers[1], 0);
}

static void *small(void *nothing)
{
    is("granted on a small stack", ask("192.0.2.7"), 1);
    is("denied on a small stack", ask("192.0.2.8"), 0);
    return nothing;
}

static void small_stack(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    usual();
    table("allow", "svcd: ALL EXCEPT ALL EXCEPT ALL EXCEPT ALL EXCEPT 192.0.2.7: umask 022: spawn exit 0: aclexec exit 0\n"
                   "svcd: .example.org @group /nowhere [2001:db8::]/32\nsvcd: 192.0.2.7: severity mail.info: allow\n");
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    pthread_create(&thread, &attributes, small, 0);
    pthread_join(thread, 0);
}

static volatile int stop;

static void *hammer(void *nothing)
{
    while (!stop)
        ask("192.0.2.7");
    return nothing;
}

/* A child of a process whose other threads are asking asks as well. */
static void forks(void)
{
    pthread_t threads[4];
    int at, status, good = 0, total = 300;

    usual();
    table("allow", "svcd: 192.0.2.7: severity mail.notice\n");
    for (at = 0; at < 4; at++)
        pthread_create(&threads[at], 0, hammer, 0);
    for (at = 0; at < total; at++) {
        pid_t child = fork();

        if (child == 0) {
            alarm(20);
            _exit(ask("192.0.2.7") << 1 | ask("192.0.2.8"));
        }
        waitpid(child, &status, 0);
        good += status == 2 << 8;
        if (status != 2 << 8)
            printf("FAILED child %d: status %x\n", at, status);
    }
    stop = 1;
    for (at = 0; at < 4; at++)
        pthread_join(threads[at], 0);
    is("children of a process with threads", good, total);
}

int main(int count, char **arguments)
{
    static char buffer[1 << 16];

    setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
    if (count == 1) {
        nulls();
        endless();
        descriptors();
        tables();
        variables();
        again();
        messages();
        small_stack();
        no_descriptors();
        closed_descriptors();
        ending_thread();
    } else if (strcmp(arguments[1], "memory") == 0) {
        no_memory();
    } else {
        forks();
    }
    return 0;
}
