/*
 * Does in many threads at once what a program can do while it asks: names that are looked up, rules that set
 * variables, variables that the program frees, warnings, descriptors that are none, jumps out of
 * lookups, forks. Prints how many answers were wrong. To be run under valgrind, which sees what is used after it
 * was freed: stress TIMES.
 */
#include "walk.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define THREADS 6

static int times;
static atomic_int wrong, over;
static __thread sigjmp_buf way_out;
static __thread int leaves;

/* No lines: the threads of a forked child are not there to give the lock of standard output back. */
void __syslog_chk(int priority, int flag, const char *format, ...);

static void own_lookup(struct host_info *host)
{
    char *place = tcpd_context.file;
    volatile size_t length;

    /* It may be that of another thread's rule. */
    usleep(10);
    length = place ? strlen(place) : 0;
    (void)length;
    if (leaves)
        siglongjmp(way_out, 1);
    eval_hostaddr(host);
    strcpy(host->name, "host.example.org");
}

static struct request_info *client(struct request_info *request, int number)
{
    char address[20];

    snprintf(address, sizeof(address), "192.0.2.%d", number % 250);
    request_init(request, RQ_DAEMON, number % 2 ? "svcd" : "other", RQ_CLIENT_ADDR, address, 0);
    request->hostname = own_lookup;
    return request;
}

static int asked_well(int number)
{
    struct request_info request;

    return hosts_access(client(&request, number)) == number % 2;
}

/* Rules set variables, whose names are those of clients. */
static void *sets(void *nothing)
{
    for (int at = 1; at < times; at++)
        wrong += !asked_well(at);
    return nothing;
}

/* Variables of the program come and go. */
static void *frees(void *nothing)
{
    char *before = 0, name[20];

    for (int at = 1; !over; at++) {
        char *variable = malloc(20);

        snprintf(variable, 20, "OWN=%d", at);
        putenv(variable);
        free(before);
        before = variable;
        snprintf(name, sizeof(name), "MORE%d", at % 200);
        setenv(name, "value", 1);
        usleep(100);
    }
    unsetenv("OWN");
    free(before);
    return nothing;
}

/* Whoever is at the other end of such descriptors is not to be known, which is reported. */
static void *warns(void *nothing)
{
    struct request_info request;

    for (int at = 0; at < times; at++) {
        request_init(&request, RQ_DAEMON, "other", RQ_FILE, at % 2 ? 999 : 0, 0);
        sock_host(&request);
        request_set(&request, 77, 0);
        tcpd_warn("warning %d", at);
        wrong += hosts_access(&request);
    }
    return nothing;
}

static void *jumps(void *nothing)
{
    struct request_info request;

    for (int at = 1; at < times; at++) {
        leaves = 1;
        if (sigsetjmp(way_out, 0) == 0)
            wrong += hosts_access(client(&request, at)) + 1;
        leaves = 0;
        wrong += !asked_well(at);
    }
    return nothing;
}

static void *forks(void *nothing)
{
    for (int at = 1; at < times / 10; at++) {
        int status = 0;
        pid_t child = fork();

        if (child == 0) {
            alarm(60);
            /* Not of a rule that sets a variable: a thread that is not there may have the lock of setenv(3). */
            _exit(!asked_well(2 * at));
        }
        wrong += waitpid(child, &status, 0) != child || status != 0;
    }
    return nothing;
}

static void *spawns(void *nothing)
{
    struct request_info request;

    for (int at = 1; at < times / 10; at++) {
        client(&request, at);
        strcpy(request.daemon, "spawner");
        wrong += !hosts_access(&request);
    }
    return nothing;
}

int main(int count, char **arguments)
{
    static void *(*const work[THREADS])(void *) = {sets, sets, warns, jumps, forks, spawns};
    pthread_t threads[THREADS], changes;

    times = count > 1 ? atoi(arguments[1]) : 100;
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    resident = 1;
    table("allow", "no separator\n"
                   "svcd: .example.org: umask 022: nice 0: setenv NAME_%a %n\n"
                   "spawner: KNOWN: spawn true %n: aclexec true\n");
    table("deny", "ALL: .example.org: severity local3.info: umask 022\nALL: ALL\n");
    pthread_create(&changes, 0, frees, 0);
    for (int at = 0; at < THREADS; at++)
        pthread_create(&threads[at], 0, work[at], 0);
    for (int at = 0; at < THREADS; at++)
        pthread_join(threads[at], 0);
    over = 1;
    pthread_join(changes, 0);
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
