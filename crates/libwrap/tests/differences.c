/*
 * Shows rows of docs/differences.md, one a line: what this library answers where the original answers
 * otherwise. Is started in a folder of its own, in which it writes its tables.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tcpd.h>
#include <time.h>
#include <unistd.h>

static void allow(const char *rule)
{
    FILE *table = fopen("allow", "w");

    fputs(rule, table);
    fclose(table);
}

static int access_of(struct request_info *request)
{
    return hosts_access(request);
}

static struct request_info *request(void)
{
    static struct request_info request;

    return request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_NAME,
                        "host.example.org", 0);
}

/* W2: an option that would change the user of a process which serves many. */
static void user_of_a_resident_process(void)
{
    resident = 1;
    allow("svcd: ALL: user nobody\n");
    printf("W2 %d\n", access_of(request()));
    resident = 0;
}

/* A client that is there, or has reset its connection. */
static int socket_of_client(int has_gone)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger at_once = {1, 0};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), server;

    bind(listener, (struct sockaddr *)&address, sizeof(address));
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    connect(client, (struct sockaddr *)&address, sizeof(address));
    server = accept(listener, 0, 0);
    if (has_gone) {
        setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(client);
        usleep(100000);
    }
    close(listener);
    return server;
}

/* W3: a client that has gone; and the next one, in the same request, whose socket is set in either way. */
static void client_that_has_gone(void)
{
    struct request_info gone;

    allow("");
    request_init(&gone, RQ_DAEMON, "svcd", RQ_FILE, socket_of_client(1), 0);
    fromhost(&gone);
    printf("W3 %d", access_of(&gone));
    request_set(&gone, RQ_FILE, socket_of_client(0), 0);
    printf(" %d", access_of(&gone));
    gone.fd = socket_of_client(1);
    fromhost(&gone);
    printf(" %d", access_of(&gone));
    gone.fd = socket_of_client(0);
    fromhost(&gone);
    printf(" %d\n", access_of(&gone));
}

/* W4: how long a refusal holds the process. */
static void refusal(void)
{
    time_t start = time(0);
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        refuse(request());
    waitpid(child, 0, 0);
    printf("W4 %s\n", time(0) - start < 4 ? "at once" : "held");
}

/* W5: whether an option acts in a dry run. */
static void dry(void)
{
    char option[] = "umask 077";

    umask(022);
    dry_run = 1;
    process_options(option, request());
    dry_run = 0;
    printf("W5 %03o\n", umask(022));
}

/* W6: the place that a rule leaves behind. */
static void place(void)
{
    allow("svcd: ALL: allow\n");
    access_of(request());
    printf("W6 %s\n", tcpd_context.file ? tcpd_context.file : "none");
}

/* O13: whose child a command is. */
static void parent(void)
{
    long parent = 0, own = 0;
    FILE *told;

    allow("svcd: ALL: spawn echo $PPID %p > told\n");
    access_of(request());
    told = fopen("told", "r");
    if (!told || fscanf(told, "%ld %ld", &parent, &own) != 2 || own != getpid())
        printf("O13 nothing\n");
    printf("O13 %s\n", parent == own ? "own" : "helper's");
}

int main(void)
{
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    user_of_a_resident_process();
    client_that_has_gone();
    refusal();
    dry();
    tcpd_context.file = 0;
    place();
    parent();
    return 0;
}
