/*
 * What the library leaves of a process as it was: dispositions and mask of signals, timers, environment,
 * locale, directory, umask, descriptors, children. Prints a line for each rule and each way to treat
 * SIGCHLD; a change is named.
 */
#include "walk.h"
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

extern char **environ;

/* Everything about the process that can be compared, as text. */
struct state {
    char text[32768];
    size_t length;
};

static void add(struct state *state, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    state->length += vsnprintf(state->text + state->length, sizeof(state->text) - state->length, format, values);
    va_end(values);
}

static void add_signals(struct state *state)
{
    struct sigaction action;
    sigset_t mask;
    int signal;

    pthread_sigmask(SIG_SETMASK, 0, &mask);
    for (signal = 1; signal < 65; signal++)
        if (sigaction(signal, 0, &action) == 0)
            add(state, "signal %d: %p %x blocked %d\n", signal, (void *)action.sa_handler, action.sa_flags,
                sigismember(&mask, signal));
    sigpending(&mask);
    for (signal = 1; signal < 65; signal++)
        if (sigismember(&mask, signal))
            add(state, "pending %d\n", signal);
}

static void add_descriptors(struct state *state)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    char path[300], target[300];
    ssize_t length;
    int descriptor;

    while ((entry = readdir(folder))) {
        descriptor = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || descriptor == dirfd(folder))
            continue;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
        length = readlink(path, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = 0;
        add(state, "descriptor %d: %s %x %x\n", descriptor, target, fcntl(descriptor, F_GETFD),
            fcntl(descriptor, F_GETFL));
    }
    closedir(folder);
}

static void add_timers(struct state *state)
{
    struct itimerval timer;
    int kind;

    for (kind = ITIMER_REAL; kind <= ITIMER_PROF; kind++) {
        getitimer(kind, &timer);
        add(state, "timer %d: every %ld, runs %d\n", kind, (long)timer.it_interval.tv_sec,
            timer.it_value.tv_sec > 900 && timer.it_value.tv_sec <= 1000);
    }
}

static void take(struct state *state)
{
    char folder[4096];
    mode_t mask = umask(0);
    struct rlimit limit;
    char **variable;

    umask(mask);
    state->length = 0;
    add_signals(state);
    add_descriptors(state);
    add_timers(state);
    for (variable = environ; *variable; variable++)
        add(state, "environment %p %s\n", (void *)*variable, *variable);
    getrlimit(RLIMIT_NOFILE, &limit);
    add(state, "locale %s\nfolder %s\numask %o\nnice %d\nfiles %ld\n", setlocale(LC_ALL, 0),
        getcwd(folder, sizeof(folder)), mask, getpriority(PRIO_PROCESS, 0), (long)limit.rlim_cur);
    add(state, "ids %d %d %d %d group %d\n", getuid(), geteuid(), getgid(), getegid(), getpgrp());
}

/* Names the first line that is not the same. */
static int same(struct state *before, struct state *after)
{
    size_t at = 0;

    if (strcmp(before->text, after->text) == 0)
        return 1;
    while (before->text[at] == after->text[at])
        at++;
    while (at > 0 && before->text[at - 1] != '\n')
        at--;
    printf("CHANGED\n-%.*s\n+%.*s\n", (int)strcspn(before->text + at, "\n"), before->text + at,
           (int)strcspn(after->text + at, "\n"), after->text + at);
    return 0;
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    (void)signal;
    handled++;
}

static int socket_of_client(int *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), server;

    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    connect(*client, (struct sockaddr *)&address, length);
    server = accept(listener, 0, 0);
    close(listener);
    return server;
}

static const struct {
    char *rule;
    int granted;
} rules[] = {
    {"svcd: ALL\n", 1},
    {"svcd: KNOWN UNKNOWN PARANOID\n", 1},
    {"svcd: 192.0.2.1\n", 0},
    {"svcd: @nogroup\n", 0},
    {"svcd: /nowhere\n", 0},
    {"svcd: joe@ALL: rfc931 1\n", 0},
    {"svcd: ALL: spawn exit 3\n", 1},
    {"svcd: ALL: spawn kill -9 $$\n", 1},
    {"svcd: ALL: aclexec exit 0\n", 1},
    {"svcd: ALL: aclexec exit 1\n", 0},
    {"svcd: ALL: aclexec sleep 0.2; exit 0\n", 1},
    {"svcd: ALL: aclexec sleep 0.2; exit 7\n", 0},
    {"svcd: ALL: aclexec kill -9 $$\n", 0},
    {"svcd: ALL: banners .: linger 3: keepalive\n", 1},
    {"svcd: ALL: severity mail.notice\n", 1},
    {"svcd: ALL: bogus\n", 0},
    {"svcd: ALL: twist true\n", 0},
};

/* Whether what a program does with its own children is left to it. */
static int own_child(pid_t child, int treats)
{
    int status = 0;

    /* A system that keeps no status says so. */
    if (treats == 2 || treats == 3)
        return waitpid(child, &status, 0) == -1 && errno == ECHILD;
    return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5;
}

static void treat(int treats)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    if (treats == 1)
        action.sa_handler = handle;
    if (treats == 2)
        action.sa_handler = SIG_IGN;
    if (treats == 3)
        action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, 0);
}

static void check(size_t rule, int treats)
{
    static struct state before, after;
    struct request_info request;
    int client, server = socket_of_client(&client), granted, own, none;
    siginfo_t ended;
    pid_t child;

    treat(treats);
    table("allow", rules[rule].rule);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(5);
    /* Until it has ended; its status is left where it is. */
    while (waitid(P_PID, child, &ended, WEXITED | WNOWAIT) == -1 && errno == EINTR)
        continue;
    handled = 0;
    take(&before);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    resident = 1;
    granted = hosts_access(&request);
    resident = -1;
    take(&after);
    own = own_child(child, treats);
    none = waitpid(-1, 0, __WALL | WNOHANG) == -1 && errno == ECHILD;
    if (granted != rules[rule].granted || !same(&before, &after) || handled || !own || !none)
        printf("SIGCHLD %d: granted %d, handled %d, own child %d, no other %d: %s", treats, granted,
               (int)handled, own, none, rules[rule].rule);
    close(client);
    close(server);
}

/* That a change is seen: this option is there to make one. */
static void control(void)
{
    static struct state before, after;

    take(&before);
    table("allow", "svcd: ALL: umask 077\n");
    hosts_ctl("svcd", "", "127.0.0.1", "");
    take(&after);
    same(&before, &after);
    umask(027);
}

static void *wait_for_any(void *status)
{
    return (void *)(long)waitpid(-1, status, 0);
}

/* A thread that waits for any child gets the program's own. */
static void waiting(void)
{
    pthread_t thread;
    void *waited;
    int status = 0, granted;
    pid_t child;

    treat(0);
    table("allow", "svcd: ALL: spawn sleep 0.1: aclexec exit 0\n");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        usleep(400000);
        _exit(6);
    }
    pthread_create(&thread, 0, wait_for_any, &status);
    usleep(50000);
    granted = hosts_ctl("svcd", "", "127.0.0.1", "");
    pthread_join(thread, &waited);
    printf("waiting: granted %d, own %d, status %d\n", granted, (long)waited == child, WEXITSTATUS(status));
}

static int *shared;

static void count(int signal)
{
    (void)signal;
    __sync_fetch_and_add(shared, 1);
}

/* Once the command is ready for it. */
static void *terminate(void *nothing)
{
    int tries;

    for (tries = 0; tries < 1000 && access("ready", F_OK) != 0; tries++)
        usleep(10000);
    kill(0, SIGTERM);
    return nothing;
}

/* A signal to the process group runs the program's handler once, not in copies of the program. */
static void handlers(void)
{
    pthread_t thread;
    int granted, status;
    pid_t child;

    shared = mmap(0, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    table("allow", "svcd: ALL: aclexec trap '' TERM; touch ready; sleep 0.5; exit 0\n");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        signal(SIGTERM, count);
        pthread_create(&thread, 0, terminate, 0);
        granted = hosts_ctl("svcd", "", "127.0.0.1", "");
        pthread_join(thread, 0);
        _exit(granted);
    }
    waitpid(child, &status, 0);
    printf("handlers: granted %d, run %d\n", WEXITSTATUS(status), *shared);
}

/* Signals that interrupt every call change no answer. */
static void interrupted(void)
{
    struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle};
    struct sigaction before;
    FILE *file = fopen("allow", "w");
    int at, granted = 0, denied = 0;

    for (at = 0; at < 3000; at++)
        fprintf(file, "svcd%d: 10.0.0.0/255.255.255.0\n", at);
    fprintf(file, "svcd: 127.0.0.1: aclexec exit 0\nsvcd: 127.0.0.2: aclexec exit 1\n");
    fclose(file);
    sigaction(SIGALRM, &action, &before);
    handled = 0;
    setitimer(ITIMER_REAL, &often, 0);
    for (at = 0; at < 40; at++) {
        granted += hosts_ctl("svcd", "", "127.0.0.1", "");
        denied += !hosts_ctl("svcd", "", "127.0.0.2", "");
    }
    setitimer(ITIMER_REAL, &never, 0);
    sigaction(SIGALRM, &before, 0);
    printf("interrupted: granted %d, denied %d, %s\n", granted, denied, handled > 40 ? "often" : "seldom");
}

static sigjmp_buf way_out;

static void leave(int signal)
{
    (void)signal;
    siglongjmp(way_out, 1);
}

static int descriptors(struct state *state)
{
    char *at = state->text;
    int count = 0;

    while ((at = strstr(at, "\ndescriptor "))) {
        at++;
        count++;
    }
    return count;
}

/*
 * A jump out of the wait for a command leaves the open table, as in the original, and no other descriptor; and
 * processes only until the next command.
 */
static void left(void)
{
    static struct state before, after;
    struct sigaction action = {.sa_handler = leave}, others;
    int at, none, times = 0;

    treat(0);
    table("allow", "svcd: ALL: spawn sleep 1\n");
    sigaction(SIGALRM, &action, &others);
    take(&before);
    for (at = 0; at < 10; at++) {
        ualarm(300000, 0);
        if (sigsetjmp(way_out, 1) == 0)
            hosts_ctl("svcd", "", "127.0.0.1", "");
        else
            times++;
    }
    take(&after);
    sigaction(SIGALRM, &others, 0);
    usleep(2000000);
    hosts_ctl("svcd", "", "127.0.0.1", "");
    none = waitpid(-1, 0, __WALL | WNOHANG) == -1 && errno == ECHILD;
    /* The library may have the table in memory by then. */
    printf("left: %d times, no descriptor more %d, no child %d\n", times,
           descriptors(&after) - descriptors(&before) <= times, none);
}

static volatile int returned;

static void *cancelled(void *nothing)
{
    hosts_ctl("svcd", "", "127.0.0.1", "");
    returned = 1;
    pthread_testcancel();
    return nothing;
}

/* A thread that is cancelled while it asks ends when the library has returned. */
static void cancelling(void)
{
    pthread_t thread;
    void *answer;

    table("allow", "svcd: ALL: spawn sleep 0.3\n");
    pthread_create(&thread, 0, cancelled, 0);
    usleep(100000);
    pthread_cancel(thread);
    pthread_join(thread, &answer);
    printf("cancelling: returned %d, cancelled %d\n", returned, answer == PTHREAD_CANCELED);
}

/* Of a datagram that a command serves, what it has not read is discarded; the next one is another client's. */
static void twisted(char *rule)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t length = sizeof(place);
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), status;
    struct request_info request;
    char left[8] = "";
    pid_t child;

    treat(0);
    table("allow", rule);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(server, (struct sockaddr *)&place, sizeof(place));
    getsockname(server, (struct sockaddr *)&place, &length);
    connect(client, (struct sockaddr *)&place, sizeof(place));
    send(client, "one", 3, 0);
    send(client, "two", 3, 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        resident = -1;
        request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
        sock_host(&request);
        hosts_access(&request);
        _exit(99);
    }
    waitpid(child, &status, 0);
    recv(server, left, sizeof(left) - 1, MSG_DONTWAIT);
    printf("twisted: status %d, left <%s>\n", WEXITSTATUS(status), left);
    close(client);
    close(server);
}

int main(void)
{
    struct itimerval timer = {{500, 0}, {1000, 0}};
    sigset_t blocked;
    int kind, treats;
    size_t rule;

    setvbuf(stdout, 0, _IOLBF, 0);
    setlocale(LC_ALL, "C.UTF-8");
    putenv("OWN=variable");
    umask(027);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGHUP);
    sigprocmask(SIG_SETMASK, &blocked, 0);
    signal(SIGPIPE, handle);
    signal(SIGALRM, handle);
    signal(SIGTERM, handle);
    for (kind = ITIMER_REAL; kind <= ITIMER_PROF; kind++)
        setitimer(kind, &timer, 0);
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    table("deny", "ALL: ALL\n");
    table("svcd", "a banner\n");
    /* What the system's resolver keeps open or sets up at its first use is not the library's. */
    hosts_ctl("svcd", "", "127.0.0.1", "");
    for (treats = 0; treats < 4; treats++)
        for (rule = 0; rule < sizeof(rules) / sizeof(*rules); rule++)
            check(rule, treats);
    control();
    waiting();
    handlers();
    cancelling();
    interrupted();
    left();
    twisted("svcd: ALL: twist head -c 3 >got; exit 5\n");
    twisted("svcd: ALL: twist exit 6\n");
    return 0;
}
