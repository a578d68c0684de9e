/*
 * Walks the C interface and prints what it sees; both libraries must print the same. Works in the
 * current folder, with tables of its own; syslog lines are printed in sequence.
 */
#include "walk.h"

/* One request in text for each rule. */
static void rule(const char *allow, const char *deny)
{
    struct request_info request;
    int verdict;

    printf("allow <%s> deny <%s>\n", allow, deny);
    table("allow", allow);
    table("deny", deny);
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_NAME,
                 "host.example.org", RQ_USER, "joe", RQ_SERVER_ADDR, "192.0.2.1", RQ_SERVER_NAME,
                 "server.example.org", 0);
    resident = -1;
    allow_severity = 6;
    deny_severity = 4;
    fflush(stdout);
    verdict = hosts_access(&request);
    printf("  verdict %d severities %d %d dry %d\n", verdict, allow_severity, deny_severity, dry_run);
    show(&request);
}

static void options(char *text, int line)
{
    char copy[512];
    struct request_info request;
    int verdict;

    strcpy(copy, text);
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", 0);
    tcpd_context.file = line ? "here" : 0;
    tcpd_context.line = line;
    verdict = setjmp(tcpd_buf);
    if (verdict == 0)
        process_options(copy, &request);
    printf("options <%s>: jump %d\n", text, verdict);
    tcpd_context.file = 0;
}

static void sockets(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    struct request_info request;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), server;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, (struct sockaddr *)&address, length);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    connect(client, (struct sockaddr *)&address, length);
    server = accept(listener, 0, 0);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, server, 0);
    sock_host(&request);
    printf("socket\n  ports %d %d\n", atoi(eval_port(request.server->sin)) == ntohs(address.sin_port),
           atoi(eval_port(request.client->sin)) != 0);
    printf("  family %d addr <%s>\n", request.client->sin->sa_family, eval_hostaddr(request.client));
    fix_options(&request);
    eval_hostaddr(request.server);
    show(&request);
    table("allow", "svcd: 127.0.0.1: keepalive: linger 3: umask 022: nice 0\n");
    table("deny", "ALL: ALL\n");
    printf("  access %d\n", hosts_access(&request));
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, listener, 0);
    sock_host(&request);
    show(&request);
    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, 99, 0);
    sock_host(&request);
    show(&request);
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_SIN, &address, RQ_SERVER_SIN, &address, 0);
    sock_methods(&request);
    printf("  own address <%s>\n", eval_hostaddr(request.client));
    show(&request);
}

/* In a child of its own: what ends the process. */
static void ending(void (*end)(struct request_info *), const char *name)
{
    struct request_info request;
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_USER, "joe", 0);
        end(&request);
        _exit(9);
    }
    waitpid(child, &status, 0);
    printf("%s: status %d\n", name, WEXITSTATUS(status));
}

static void twisted(struct request_info *request)
{
    resident = -1;
    request->fd = 1;
    hosts_access(request);
}

/* A program that has no socket to give, or none that is open. */
static void twisted_without(struct request_info *request)
{
    resident = -1;
    (void)request;
    hosts_ctl("svcd", "", "192.0.2.7", "joe");
}

static void twisted_on_nothing(struct request_info *request)
{
    resident = -1;
    request->fd = 99;
    hosts_access(request);
}

/* What the command leaves running does not keep the client's connection open. */
static void twisted_once_only(struct request_info *request)
{
    resident = -1;
    request->fd = dup2(1, 7);
    hosts_access(request);
}

static void expand(char *text)
{
    struct request_info request;
    char result[256];

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_NAME, "h;x",
                 RQ_USER, "j o", RQ_SERVER_NAME, "paranoid", RQ_SERVER_ADDR, "192.0.2.1", 0);
    printf("expand <%s>: <%s>\n", text, percent_x(result, sizeof(result), text, &request));
}

static void texts(void)
{
    static char *splits[] = {"a:b", "[a:b]:c", "", ":", "a", "]:a:b"};
    static char *quads[] = {"1.2.3.4", "1.2.3", "", "0300.0.2.0", "1.2.3.4.5", "1.2.3.256", "0x7f.0.0.1"};
    static char *masks[] = {"0", "1", "24", "32", "33", "-1", "x", "24x", ""};
    char line[32], copy[64];
    FILE *file;
    size_t at;

    for (at = 0; at < sizeof(splits) / sizeof(*splits); at++) {
        char *rest = split_at(strcpy(copy, splits[at]), ':');
        printf("split <%s>: <%s> <%s>\n", splits[at], copy, rest ? rest : "-");
    }
    for (at = 0; at < sizeof(quads) / sizeof(*quads); at++)
        printf("quad <%s>: %lx\n", quads[at], dot_quad_addr(quads[at]));
    for (at = 0; at < sizeof(masks) / sizeof(*masks); at++)
        printf("mask <%s>: %lx\n", masks[at], cidr_mask_addr(masks[at]));
    errno = ENOENT;
    printf("percent_m <%s>\n", percent_m(copy, "a %m %d %%m"));
    table("lines", "one\ntwo\\\nthree\n\\\n\nlong long long long long long long\\\nx\nlast");
    file = fopen("lines", "r");
    tcpd_context.line = 0;
    while (xgets(line, sizeof(line), file))
        printf("line %d: <%s>\n", tcpd_context.line, line);
    fclose(file);
    tcpd_context.line = 0;
}

int main(void)
{
    static char *rules[][2] = {
        {"", ""}, {"svcd: 192.0.2.\n", "ALL: ALL\n"}, {"", "ALL: ALL\n"},
        {"svcd: .example.org EXCEPT host.example.org\n", "svcd: KNOWN\n"},
        {"svcd: joe@ALL\n", "ALL: ALL\n"}, {"svcd: ALL: deny\n", ""}, {"", "svcd: ALL: allow\n"},
        {"svcd: ALL: severity mail.crit\n", ""}, {"", "svcd: ALL: severity notice\n"},
        {"svcd: ALL: spawn echo spawned %c %s > spawned\n", ""}, {"svcd: ALL: bogus\n", ""},
        {"svcd: ALL: umask 9\n", ""}, {"svcd: ALL: nice x\n", ""}, {"svcd: ALL: linger x\n", ""},
        {"svcd: ALL: rfc931 0\n", ""}, {"svcd: ALL: severity no\n", ""}, {"svcd: ALL: user no\n", ""},
        {"svcd: ALL: group no\n", ""}, {"svcd: ALL:\n", ""}, {"svcd: ALL: allow: x\n", ""},
        {"svcd: ALL: spawn\n", ""}, {"svcd: ALL: deny x\n", ""}, {"svcd: ALL: keepalive\n", ""},
        {"svcd: ALL: linger 3\n", ""}, {"svcd: ALL: setenv WALK %a %c\n", ""},
        {"svcd: ALL: aclexec true\n", ""}, {"svcd: ALL: spawn echo %z %x\n", ""},
        {"svcd: ALL: banners nowhere\n", ""}, {"svcd: ALL: rfc931 3: umask 022: nice 0\n", ""},
        {"no colon\n", "svcd@server.example.org: ALL\n"},
    };
    struct request_info request;
    size_t at;

    setvbuf(stdout, 0, _IOLBF, 0);
    printf("variables <%s> <%s> %d %d %d %d <%s> <%s> %d %d\n", hosts_allow_table, hosts_deny_table,
           hosts_access_verbose, rfc931_timeout, resident, dry_run, unknown, paranoid,
           allow_severity, deny_severity);
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    printf("init\n");
    request_init(&request, 0);
    show(&request);
    request_set(&request, RQ_DAEMON, "d", RQ_USER, "", RQ_SERVER_NAME, "Paranoid", RQ_FILE, 7, 0);
    show(&request);
    printf("  names <%s> <%s> pid %d\n", eval_hostname(request.client), eval_hostinfo(request.server),
           atoi(eval_pid(&request)) == getpid());
    printf("  user <%s>\n", eval_user(&request));
    request_set(&request, 77, "x", 0);
    for (at = 0; at < sizeof(rules) / sizeof(*rules); at++)
        rule(rules[at][0], rules[at][1]);
    printf("environment <%s>\n", getenv("WALK"));
    table("allow", "svcd: 192.0.2.7\n");
    table("deny", "ALL: ALL\n");
    printf("ctl %d %d\n", hosts_ctl("svcd", "", "192.0.2.7", ""), hosts_ctl("x", "n", "192.0.2.7", "u"));
    resident = 1;
    table("allow", "svcd: 192.0.2.7: twist echo no\n");
    printf("resident twist %d\n", hosts_ctl("svcd", "", "192.0.2.7", ""));
    tcpd_context.file = 0;
    dry_run = 1;
    printf("dry twist %d", hosts_ctl("svcd", "", "192.0.2.7", ""));
    printf(" dry %d\n", dry_run);
    dry_run = 0;
    hosts_access_verbose = 2;
    rule("svcd: ALL: umask 022: nice 0\n", "");
    hosts_access_verbose = 0;
    options("spawn true", 0);
    options("allow", 3);
    options("deny", 3);
    options("bogus", 0);
    options("bogus x", 3);
    options("umask 022 : nice 0", 3);
    options("spawn true : spawn", 3);
    expand("%a %A %c %d %h %H %n %N %s %u %% %r %R %");
    expand("%z");
    texts();
    sockets();
    tcpd_context.file = "file";
    tcpd_context.line = 7;
    errno = ENOENT;
    tcpd_warn("a %s %d: %m", "b", 1);
    if (setjmp(tcpd_buf) == 0)
        tcpd_jump("jump %s", "x");
    tcpd_context.file = 0;
    tcpd_warn("plain");
    ending(clean_exit, "clean_exit");
    ending(refuse, "refuse");
    table("allow", "svcd: 192.0.2.7: twist echo twisted %c; exit 7\n");
    ending(twisted, "twist");
    ending(twisted_without, "twist without a socket");
    ending(twisted_on_nothing, "twist on a closed socket");
    table("allow", "svcd: 192.0.2.7: twist test ! -e /proc/self/fd/7\n");
    ending(twisted_once_only, "twist on descriptor 7");
    return 0;
}
