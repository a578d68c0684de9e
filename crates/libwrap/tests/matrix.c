/*
 * Prints the answers to what can be counted out: each key, each state of a fact against each kind of
 * pattern, each option with each kind of value in either table, each expansion. Both libraries
 * must print the same.
 */
#include "walk.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void keys(void)
{
    static char wide[300];
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(513)};
    struct request_info request;
    char *texts[] = {"", "text", "unknown", "paranoid", "KNOWN", "a\tb\x80", wide};
    size_t at;

    memset(wide, 'w', sizeof(wide) - 1);
    for (at = 0; at < COUNT(texts); at++) {
        printf("keys <%s>\n", texts[at]);
        request_init(&request, RQ_DAEMON, texts[at], RQ_USER, texts[at], RQ_CLIENT_NAME, texts[at],
                     RQ_CLIENT_ADDR, texts[at], RQ_SERVER_NAME, texts[at], RQ_SERVER_ADDR, texts[at], 0);
        show(&request);
        printf("  eval <%s> <%s> <%s> <%s> <%s>\n", eval_user(&request), eval_hostname(request.client),
               eval_hostaddr(request.client), eval_hostname(request.server), eval_hostaddr(request.server));
        show(&request);
    }
    request_init(&request, RQ_FILE, 3, RQ_CLIENT_SIN, &address, RQ_SERVER_SIN, &address, 0);
    printf("sin %d %d port <%s> <%s>\n", request.client->sin == (void *)&address,
           request.server->sin == (void *)&address, eval_port(request.client->sin), eval_port(0));
    show(&request);
    request_set(&request, RQ_CLIENT_SIN, (struct sockaddr *)0, RQ_FILE, -1, RQ_USER, "joe", 0);
    printf("unset %d\n", request.client->sin == 0);
    show(&request);
    /* The rest is not read after a key that is unknown. */
    request_set(&request, RQ_USER, "before", 10, "x", RQ_USER, "behind", 0);
    show(&request);
    request_set(&request, -1, RQ_USER, "negative", 0);
    show(&request);
}

/* The library asks this program's function for the user. */
static char *told;
static struct sockaddr_in nobody = {.sin_family = AF_INET};

void rfc931(TCPD_SOCKADDR *client, TCPD_SOCKADDR *server, char *user)
{
    (void)client;
    (void)server;
    strcpy(user, told);
}

static char *line_of(const char *path)
{
    static char line[300];
    FILE *file = fopen(path, "r");

    if (!file || !fgets(line, sizeof(line), file))
        strcpy(line, "nothing\n");
    fclose(file);
    return line;
}

static void states(void)
{
    static char *names[] = {"host.example.org", "host", "unknown", "paranoid", ""};
    static char *addresses[] = {"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "unknown", ""};
    static char *users[] = {"joe", "unknown", "", "paranoid", "Paranoid", "UNKNOWN"};
    static char *patterns[] = {
        "ALL", "KNOWN", "UNKNOWN", "PARANOID", "LOCAL", ".example.org", "host.example.org", "host.",
        "192.0.2.", "192.0.2.7", "192.0.2.0/255.255.255.0", "192.0.2.0/24", "[2001:db8::]/32", "h*.org",
        "joe@ALL", "KNOWN@KNOWN", "UNKNOWN@ALL", "paranoid@ALL", "PARANOID@ALL", "p*d@ALL", "ALL EXCEPT UNKNOWN", "ALL EXCEPT KNOWN EXCEPT LOCAL",
        "@nogroup", "/etc/nonexistent", "host.example.org EXCEPT joe@ALL",
    };
    size_t name, address, user, pattern, at;
    char rule[200], answers[200];
    struct request_info request;

    table("deny", "ALL: ALL\n");
    for (pattern = 0; pattern < COUNT(patterns); pattern++) {
        snprintf(rule, sizeof(rule), "svcd: %s\n", patterns[pattern]);
        table("allow", rule);
        at = 0;
        for (name = 0; name < COUNT(names); name++)
            for (address = 0; address < COUNT(addresses); address++)
                for (user = 0; user < COUNT(users); user++)
                    answers[at++] = '0' + hosts_ctl("svcd", names[name], addresses[address], users[user]);
        answers[at] = 0;
        printf("pattern %s: %s\n", patterns[pattern], answers);
    }
    /* Of a user that is told by ident, too. */
    table("allow", "svcd: KNOWN@ALL: spawn echo %u %c > told\n");
    for (user = 0; user < COUNT(users); user++) {
        if (!*users[user])
            continue;
        told = users[user];
        request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_SIN, &nobody,
                     RQ_SERVER_SIN, &nobody, 0);
        table("told", "nothing\n");
        printf("told <%s>: %d", told, hosts_access(&request));
        printf(" <%s> %s", eval_client(&request), line_of("told"));
    }
}

static int ask(void)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_NAME,
                 "host.example.org", RQ_USER, "joe", 0);
    resident = -1;
    allow_severity = 6;
    deny_severity = 4;
    return hosts_access(&request);
}

/* One options field, as it stands in either table and as process_options gets it. */
static void ask_all(char *options, int dry)
{
    static char rule[400];
    struct request_info request;
    int verdict, jump;

    printf("option <%s>\n", options);
    snprintf(rule, sizeof(rule), "svcd: ALL: %s\n", options);
    table("allow", rule);
    table("deny", "");
    dry_run = dry;
    verdict = ask();
    printf("  allow %d severities %d %d\n", verdict, allow_severity, deny_severity);
    table("allow", "");
    table("deny", rule);
    dry_run = dry;
    tcpd_context.file = 0;
    verdict = ask();
    printf("  deny %d severities %d %d\n", verdict, allow_severity, deny_severity);
    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", 0);
    tcpd_context.file = 0;
    allow_severity = 6;
    deny_severity = 4;
    dry_run = dry;
    jump = setjmp(tcpd_buf);
    if (jump == 0) {
        strcpy(rule, options);
        process_options(rule, &request);
    }
    printf("  jump %d severities %d %d\n", jump, allow_severity, deny_severity);
    dry_run = 0;
    tcpd_context.file = 0;
}

/* In a process of its own: the original's aclexec leaves a trace. */
static void field(char *options, int dry)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        ask_all(options, dry);
        exit(0);
    }
    waitpid(child, 0, 0);
}

static void options(void)
{
    static char *names[] = {"allow", "deny", "severity", "spawn", "twist", "keepalive", "linger", "rfc931",
                            "banners", "nice", "setenv", "umask", "aclexec", "bogus", "ALLOW", "Severity"};
    static char *values[] = {"", " ", " true", " = true", "=true", "= ", " 1", " 0", " 01x", " x1", " 022",
                             " mail.notice", " mail.", " .notice", " a.b.c", " A %a", " /nowhere", " true: x",
                             " true : allow", ": allow", ":", " tr\\:ue", "  true  ", "true"};
    static char *others[] = {"", ":", " allow ", "allow : deny", "deny: allow", "umask 022: nice 0: allow",
                             "spawn true: bogus", "severity local3.info: deny", "user", "group", "user x:",
                             "user nosuch", "user nosuch.nogroup", "group nosuch", "umask 888", "umask 1777",
                             "setenv A", "setenv A b c", "severity LOCAL7.DEBUG", "spawn false", "aclexec false",
                             "aclexec false: allow", "aclexec true: deny", "aclexec exit 3", "severity emerg",
                             "severity crit: severity nosuch", "banners /nowhere: deny"};
    size_t name, value, other;
    char text[100];

    for (name = 0; name < COUNT(names); name++)
        for (value = 0; value < COUNT(values); value++) {
            /* Row O2 of docs/differences.md: a command that is not there is in error. */
            if (strcmp(names[name], "aclexec") == 0 && values[value][0] && !strstr(values[value], "true"))
                continue;
            snprintf(text, sizeof(text), "%s%s", names[name], values[value]);
            /* A twist that is carried out ends the process. */
            field(text, strcmp(names[name], "twist") == 0);
        }
    for (other = 0; other < COUNT(others); other++) {
        field(others[other], 0);
        field(others[other], 1);
    }
}

static void expansions(void)
{
    static char letters[] = "aAcdhHnNrRsuzZ1 -~%";
    struct sockaddr_in client = {.sin_family = AF_INET, .sin_port = htons(1234)};
    struct sockaddr_in6 server = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct request_info request;
    char text[20], result[300];
    size_t at;
    int pass;

    client.sin_addr.s_addr = htonl(0xc0000207);
    for (at = 0; at < sizeof(letters); at++) {
        snprintf(text, sizeof(text), "<%%%c>", letters[at]);
        for (pass = 0; pass < 3; pass++) {
            request_init(&request, RQ_DAEMON, "sv;cd", 0);
            if (pass > 0)
                request_set(&request, RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_NAME, "h`x.org", RQ_USER, "j$o",
                            RQ_SERVER_ADDR, "::1", RQ_SERVER_NAME, "s er|ver", 0);
            if (pass > 1)
                request_set(&request, RQ_CLIENT_SIN, &client, RQ_SERVER_SIN, &server, RQ_CLIENT_NAME,
                            "paranoid", RQ_SERVER_NAME, "unknown", RQ_USER, "unknown", 0);
            printf("expand %s %d: %s\n", text, pass, percent_x(result, sizeof(result), text, &request));
        }
    }
    request_init(&request, 0);
    percent_x(result, sizeof(result), "%p", &request);
    printf("pid %d\n", atoi(result) == getpid());
    printf("fits <%s>\n", percent_x(result, 7, "12345", &request));
    shell_cmd("echo shell > shell; exit 3");
    table("shell.out", "");
    printf("shell %d\n", access("shell", F_OK));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    keys();
    states();
    options();
    for (hosts_access_verbose = 1; hosts_access_verbose < 3; hosts_access_verbose++)
        field("severity mail.info: umask 022: deny", 0);
    hosts_access_verbose = 0;
    expansions();
    return 0;
}
