/*
 * Leaves the library by jumps: out of a program's own lookup, user query and command, and out of a
 * signal handler that ends a wait; then asks again. Prints a line for each way; each is tried in a
 * process of its own, whose end is told if it is not a plain one.
 */
#include "walk.h"
#include <pthread.h>
#include <signal.h>

#define TIMES 300

static sigjmp_buf way_out;
static const char *leaves;

static void leave(int signal)
{
    (void)signal;
    siglongjmp(way_out, 1);
}

static void wait_for_signal(void)
{
    for (;;)
        pause();
}

/* The program's own functions, each of which can be the one that leaves. */

static void own_lookup(struct host_info *host)
{
    if (strcmp(leaves, "lookup") == 0)
        siglongjmp(way_out, 1);
    if (strcmp(leaves, "signal in lookup") == 0)
        wait_for_signal();
    if (strcmp(leaves, "lookup in lookup") == 0) {
        leaves = "lookup";
        eval_hostname(host->request->server);
    }
    if (strcmp(leaves, "report") == 0)
        tcpd_jump("out of a lookup");
    strcpy(host->name, "host.example.org");
}

void rfc931(struct sockaddr *client, struct sockaddr *server, char *user)
{
    (void)client;
    (void)server;
    if (strcmp(leaves, "user query") == 0)
        siglongjmp(way_out, 1);
    strcpy(user, "joe");
}

static int connected[2];

static struct request_info *client(struct request_info *request)
{
    static struct sockaddr_in address = {.sin_family = AF_INET};

    request_init(request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_SIN, &address,
                 RQ_SERVER_SIN, &address, 0);
    request->hostname = own_lookup;
    return request;
}

static int cancel_state(void)
{
    int state, none;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_setcancelstate(state, &none);
    return state;
}

/* Asks from further down the stack than the call that was left. */
static int ask_deep(int depth)
{
    volatile char room[4096];
    struct request_info request;
    int answer;

    room[0] = depth;
    if (depth > 0)
        return ask_deep(depth - 1) + room[0] - depth;
    answer = hosts_access(client(&request)) * 10;
    strcpy(request.client->name, "host.example.com");
    return answer + hosts_access(&request);
}

static int options_jump(char *text)
{
    struct request_info request;
    char options[20];
    int jumped;

    strcpy(options, text);
    client(&request);
    jumped = setjmp(tcpd_buf);
    if (jumped == 0)
        process_options(options, &request);
    return jumped;
}

static void *thread(void *nothing)
{
    pthread_testcancel();
    return nothing;
}

static void *leaves_and_is_cancelled(void *nothing)
{
    struct request_info request;

    if (sigsetjmp(way_out, 1) == 0)
        hosts_access(client(&request));
    leaves = "not";
    pthread_cancel(pthread_self());
    return thread(nothing);
}

/* What is right after the library was left: all as if that had not been. */
static void goes_on(void)
{
    tcpd_context.file = 0;
    leaves = "not";
    tcpd_warn("goes on");
    printf("  cancel %d jumps %d %d deep %d\n", cancel_state(), options_jump("bogus"), options_jump("allow"),
           ask_deep(5));
    leaves = "report";
    printf("  denied %d\n", hosts_access(client(&(struct request_info){0})));
    leaves = "not";
    printf("  granted %d\n", hosts_access(client(&(struct request_info){0})));
}

static void left(const char *how)
{
    static int times;
    struct request_info request;

    for (times = 0; times < TIMES; times++) {
        leaves = how;
        if (strncmp(how, "signal", 6) == 0)
            ualarm(10000, 0);
        tcpd_context.file = "own";
        tcpd_context.line = 3;
        if (sigsetjmp(way_out, 1) == 0) {
            hosts_access(client(&request));
            printf("  not left\n");
        }
        if (times == 0) {
            printf("  at <%s> %d\n", tcpd_context.file, tcpd_context.line);
            goes_on();
        }
        if (strncmp(how, "signal", 6) == 0 && times == 10)
            break;
    }
    goes_on();
}

/* What a lookup reports with tcpd_jump goes to the program if it has called the lookup itself. */
static void reported(void)
{
    struct request_info request;
    int jumped;

    leaves = "report";
    jumped = setjmp(tcpd_buf);
    if (jumped == 0)
        eval_hostname(client(&request)->client);
    printf("  jumped %d\n", jumped);
    goes_on();
}

static void cancelled(void)
{
    pthread_t thread;
    void *answer;

    leaves = "lookup";
    pthread_create(&thread, 0, leaves_and_is_cancelled, 0);
    pthread_join(thread, &answer);
    printf("  cancelled %d\n", answer == PTHREAD_CANCELED);
}

static void way(const char *name, const char *allow)
{
    int status;
    pid_t child;

    printf("%s\n", name);
    table("allow", allow);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(0);
        if (strcmp(name, "report") == 0)
            reported();
        else if (strcmp(name, "cancelled") == 0)
            cancelled();
        else
            left(name);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        printf("  ENDED %x\n", status);
}

int main(void)
{
    struct sigaction action = {.sa_handler = leave};

    setvbuf(stdout, 0, _IOLBF, 0);
    sigaction(SIGALRM, &action, 0);
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    table("deny", "ALL: ALL\n");
    socketpair(AF_UNIX, SOCK_STREAM, 0, connected);
    way("lookup", "svcd: .example.org\n");
    way("lookup in lookup", "svcd: .example.org\n");
    way("signal in lookup", "svcd: .example.org\n");
    way("user query", "svcd: joe@.example.org\n");
    way("report", "svcd: .example.org\n");
    way("cancelled", "svcd: .example.org\n");
    return 0;
}
