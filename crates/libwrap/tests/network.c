/*
 * Prints what a library makes of real sockets: names that the name service confirms, denies or does not
 * know, an ident server with all its answers, datagrams, local sockets. Runs in a network of its own,
 * with names of its own; both libraries must print the same.
 */
#include "walk.h"
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/un.h>

static union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} place;

/* An address with a port. */
static socklen_t set(const char *address, int port)
{
    memset(&place, 0, sizeof(place));
    if (inet_pton(AF_INET, address, &place.v4.sin_addr) == 1) {
        place.v4.sin_family = AF_INET;
        place.v4.sin_port = htons(port);
        return sizeof(place.v4);
    }
    inet_pton(AF_INET6, address, &place.v6.sin6_addr);
    place.v6.sin6_family = AF_INET6;
    place.v6.sin6_port = htons(port);
    return sizeof(place.v6);
}

static int bound(const char *address, int port, int kind)
{
    socklen_t length = set(address, port);
    int one = 1, descriptor = socket(place.any.sa_family, kind, 0);

    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(descriptor, &place.any, length) != 0)
        perror(address);
    return descriptor;
}

/* The served end of a connection from one address to another; *client is the other end. */
static int connection(const char *from, const char *to, const char *listens, int *client)
{
    int listener = bound(listens, 700, SOCK_STREAM), server;

    listen(listener, 1);
    *client = bound(from, 0, SOCK_STREAM);
    if (connect(*client, &place.any, set(to, 700)) != 0)
        perror(to);
    server = accept(listener, 0, 0);
    close(listener);
    return server;
}

static int rule(const char *text, struct request_info *request)
{
    table("allow", text);
    return hosts_access(request);
}

static void asked(struct request_info *request)
{
    static char *rules[] = {"svcd: KNOWN\n", "svcd: UNKNOWN\n", "svcd: PARANOID\n", "svcd: LOCAL\n",
                            "svcd: .example.org\n", "svcd: good.example.org\n", "svcd: joe@ALL\n",
                            "svcd@server.example.org: ALL\n", "svcd: ALL: spawn echo %n %N %c %s %u > spawned\n"};
    size_t at;

    for (at = 0; at < sizeof(rules) / sizeof(*rules); at++)
        printf("  rule %d %s", rule(rules[at], request), rules[at]);
}

static void host(const char *from, const char *to, const char *listens)
{
    struct request_info request;
    int client, server = connection(from, to, listens, &client);

    printf("host %s to %s at %s\n", from, to, listens);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    fix_options(&request);
    printf("  client <%s> <%s> <%s> server <%s> <%s> <%s>\n", eval_hostaddr(request.client),
           eval_hostname(request.client), eval_hostinfo(request.client), eval_hostaddr(request.server),
           eval_hostname(request.server), eval_hostinfo(request.server));
    show(&request);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    asked(&request);
    show(&request);
    /* The same facts, in part replaced by the program. */
    request_set(&request, RQ_CLIENT_NAME, "other.example.org", RQ_CLIENT_ADDR, "192.0.2.99", 0);
    asked(&request);
    show(&request);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    sock_hostaddr(request.client);
    sock_hostname(request.client);
    show(&request);
    /* Addresses that the program has filled in as the header does it. */
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    STRN_CPY(request.client->addr, "192.0.2.77", STRING_LENGTH);
    STRN_CPY(request.server->addr, "192.0.2.78", STRING_LENGTH);
    asked(&request);
    show(&request);
    close(client);
    close(server);
}

/* An answer of the ident server for each query in turn. */
static char *answers[] = {
    "%s : USERID : UNIX :joe\r\n", "%s:USERID:OTHER,US-ASCII:joe blow\r\n", "%s : ERROR : NO-USER\r\n",
    "%s : USERID : UNIX : \t joe\t \r\n", "junk\r\n", "", "1, 2 : USERID : UNIX : joe\r\n",
    "%s : USERID : UNIX : joe", "\r\n", "%s : USERID : UNIX : j:o:e\n", "%s : USERID : UNIX :\r\n",
    "%s : userid : UNIX : joe\r\n", "%s : USERID : UNIX : jo\001e\r\n",
    "%s : USERID : UNIX : "
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
};
#define ANSWERS (sizeof(answers) / sizeof(*answers))

static void serve_ident(int listener)
{
    char query[200], answer[600];
    size_t at;

    for (at = 0;; at++) {
        int client = accept(listener, 0, 0);
        ssize_t count = read(client, query, sizeof(query) - 1);

        query[count > 0 ? count : 0] = 0;
        query[strcspn(query, "\r\n")] = 0;
        if (at >= ANSWERS)
            sleep(5);
        snprintf(answer, sizeof(answer), answers[at % ANSWERS], query);
        count = write(client, answer, strlen(answer));
        close(client);
    }
}

static void ident(const char *address)
{
    int client, server, listener = bound(address, 113, SOCK_STREAM);
    struct request_info request;
    size_t at;
    pid_t child;

    server = connection(address, address, address, &client);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("ident %s: nobody listens <%s>\n", address, eval_user(&request));
    listen(listener, 5);
    fflush(stdout);
    child = fork();
    if (child == 0)
        serve_ident(listener);
    close(listener);
    rfc931_timeout = 2;
    for (at = 0; at < ANSWERS; at++) {
        char user[STRING_LENGTH] = "before";

        request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
        sock_host(&request);
        if (at == 0) {
            rfc931(request.client->sin, request.server->sin, user);
            printf("  rfc931 <%s>\n", user);
        } else if (at % 2) {
            printf("  %zu <%s> <%s>\n", at, eval_user(&request), eval_client(&request));
        } else {
            printf("  %zu rule %d", at, rule("svcd: joe@ALL: severity mail.notice\n", &request));
            printf(" <%s>\n", request.user);
        }
    }
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("  silence %d", rule("svcd: ALL: rfc931 1: spawn echo %u > spawned\n", &request));
    printf(" <%s>\n", request.user);
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    close(client);
    close(server);
}

/* How many datagrams wait. */
static int queued(int descriptor)
{
    char byte;

    return recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static void datagrams(void)
{
    int server = bound("127.0.0.1", 701, SOCK_DGRAM), client = bound("127.0.0.5", 702, SOCK_DGRAM), status;
    struct request_info request;
    pid_t child;
    ssize_t count = sendto(client, "hello", 5, 0, &place.any, set("127.0.0.1", 701));

    printf("datagram %zd\n", count);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("  queued %d port <%s> user <%s>\n", queued(server), eval_port(request.client->sin), eval_user(&request));
    asked(&request);
    show(&request);
    fflush(stdout);
    child = fork();
    if (child == 0)
        refuse(&request);
    waitpid(child, &status, 0);
    printf("  refused: status %d, queued %d\n", WEXITSTATUS(status), queued(server));
    /* Connected. */
    connect(server, &place.any, set("127.0.0.5", 702));
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("  connected <%s>\n", eval_hostaddr(request.client));
    show(&request);
    close(client);
    close(server);
}

static void local(int kind)
{
    struct request_info request;
    int ends[2];

    socketpair(AF_UNIX, kind, 0, ends);
    if (write(ends[1], "hello", 5) != 5)
        perror("write");
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, ends[0], 0);
    sock_host(&request);
    fix_options(&request);
    printf("local <%s> <%s> <%s>\n", eval_hostaddr(request.client), eval_hostname(request.client),
           eval_user(&request));
    asked(&request);
    show(&request);
    close(ends[0]);
    close(ends[1]);
}

/* Lookups of the program's own. */
static void own_name(struct host_info *host)
{
    strcpy(host->name, host == host->request->client ? "own.example.org" : "server.example.org");
}

static void own_address(struct host_info *host)
{
    strcpy(host->addr, host == host->request->client ? "192.0.2.55" : "192.0.2.1");
}

static void jumping_name(struct host_info *host)
{
    (void)host;
    tcpd_jump("the program gives up: %s", "no name");
}

static void own(void)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", 0);
    request.hostname = own_name;
    request.hostaddr = own_address;
    printf("own\n");
    asked(&request);
    show(&request);
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", 0);
    request.hostname = jumping_name;
    printf("jumps %d\n", rule("svcd: KNOWN\nsvcd: ALL\n", &request));
}

/* The name of one client. */
static void named(const char *from)
{
    struct request_info request;
    int client, server = connection(from, "127.0.0.1", "127.0.0.1", &client);

    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("name <%s>\n", eval_hostname(request.client));
}

/* Who is granted as a host of some name, while /etc/hosts changes and the tables, in memory, do not. */
static void renamed(void)
{
    static char *hosts[] = {"127.0.0.5 good.example.org\n", "127.0.0.5 evil.example.org\n",
                            "127.0.0.5 good.example.org\n", ""};
    struct request_info request;
    int client, server = connection("127.0.0.5", "127.0.0.1", "127.0.0.1", &client), i;
    FILE *file = fopen("allow", "w");

    for (i = 0; i < 20; i++)
        fprintf(file, "svcd: host%d.example.org\n", i);
    fputs("svcd: good.example.org\n", file);
    fclose(file);
    table("deny", "ALL: ALL\n");
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    /* A file that has just changed is not kept. */
    usleep(2300000);
    for (i = 0; i < 12; i++) {
        table("/etc/hosts", hosts[i / 3]);
        request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
        sock_host(&request);
        printf("renamed %d <%s>\n", hosts_access(&request), request.client->name);
    }
}

static void ignore(int signal)
{
    (void)signal;
}

/* An answer that comes in two parts, while signals interrupt all that waits for it. */
static void interrupted(void)
{
    struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = ignore};
    int client, server = connection("127.0.0.5", "127.0.0.1", "127.0.0.1", &client);
    int listener = bound("127.0.0.5", 113, SOCK_STREAM);
    struct request_info request;
    char text[100];
    pid_t child;

    listen(listener, 1);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    snprintf(text, sizeof(text), " %s , 700 : USERID : UNIX : joe\r\n", eval_port(request.client->sin));
    child = fork();
    if (child == 0) {
        int asker = accept(listener, 0, 0);

        usleep(200000);
        if (write(asker, text, 10) != 10)
            perror("write");
        usleep(200000);
        _exit(write(asker, text + 10, strlen(text + 10)) < 0);
    }
    rfc931_timeout = 5;
    sigaction(SIGALRM, &action, 0);
    setitimer(ITIMER_REAL, &often, 0);
    eval_user(&request);
    setitimer(ITIMER_REAL, &never, 0);
    waitpid(child, 0, 0);
    printf("interrupted <%s>\n", request.user);
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "interrupted") == 0) {
        interrupted();
        return 0;
    }
    if (count > 1 && strcmp(arguments[1], "renamed") == 0) {
        renamed();
        return 0;
    }
    if (count > 1) {
        named(arguments[1]);
        return 0;
    }
    setvbuf(stdout, 0, _IOLBF, 0);
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    table("deny", "ALL: ALL\n");
    rfc931_timeout = 1;
    host("127.0.0.5", "127.0.0.1", "127.0.0.1");
    host("127.0.0.6", "127.0.0.1", "127.0.0.1");
    host("127.0.0.7", "127.0.0.1", "127.0.0.1");
    host("127.0.0.8", "127.0.0.1", "::");
    host("127.0.0.5", "127.0.0.1", "::");
    host("127.0.0.6", "127.0.0.1", "::");
    host("127.0.0.10", "127.0.0.1", "::");
    host("2001:db8::2", "::1", "::1");
    host("2001:db8::3", "::1", "::1");
    host("2001:db8:1::8", "::1", "::");
    ident("127.0.0.5");
    ident("2001:db8::2");
    datagrams();
    local(SOCK_STREAM);
    local(SOCK_DGRAM);
    own();
    return 0;
}
