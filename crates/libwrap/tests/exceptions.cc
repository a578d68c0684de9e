/*
 * C++ exceptions, and the ends of threads, out of a program's own functions that the library calls. Prints a
 * line for each; each is tried in a process of its own, whose end is told if it is not a plain one.
 */
#define INET6
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tcpd.h>
#include <unistd.h>

static const char *how;

struct Noisy {
    ~Noisy() { std::printf("  destroyed\n"); }
};

static void leave(const char *where)
{
    Noisy noisy;

    if (std::strcmp(how, where) == 0)
        throw 7;
    if (std::strcmp(how, "caught") == 0) {
        try {
            throw 8;
        } catch (int thrown) {
            std::printf("  caught inside %d\n", thrown);
        }
    }
    if (std::strcmp(how, "exit") == 0)
        pthread_exit(&how);
    if (std::strcmp(how, "cancel") == 0) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
        std::printf("  not cancelled\n");
    }
}

static void own_lookup(struct host_info *host)
{
    if (std::strcmp(how, "nested") == 0 && host == host->request->client) {
        try {
            how = "lookup";
            eval_hostname(host->request->server);
        } catch (int thrown) {
            std::printf("  caught inside %d\n", thrown);
        }
        how = "not";
    }
    leave("lookup");
    std::strcpy(host->name, "host.example.org");
}

extern "C" void rfc931(struct sockaddr *, struct sockaddr *, char *user)
{
    leave("user query");
    std::strcpy(user, "joe");
}

extern "C" void shell_cmd(char *command)
{
    std::printf("  command %s\n", command);
    leave("command");
}

static int ask()
{
    static struct sockaddr_in address;
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, "192.0.2.7", RQ_CLIENT_SIN, &address,
                 RQ_SERVER_SIN, &address, 0);
    request.hostname = own_lookup;
    return hosts_access(&request);
}

static void clean_up(void *)
{
    std::printf("  cleaned up\n");
}

static void *asks(void *nothing)
{
    pthread_cleanup_push(clean_up, 0);
    std::printf("  answer %d\n", ask());
    pthread_cleanup_pop(0);
    return nothing;
}

static void attempt(const char *name)
{
    int status;
    pid_t child;

    std::printf("%s\n", name);
    std::fflush(stdout);
    child = fork();
    if (child == 0) {
        how = name;
        if (std::strcmp(name, "exit") == 0 || std::strcmp(name, "cancel") == 0) {
            pthread_t thread;
            void *answer;

            pthread_create(&thread, 0, asks, 0);
            pthread_join(thread, &answer);
            std::printf("  ended %d\n", answer == (void *)&how || answer == PTHREAD_CANCELED);
        } else {
            for (int times = 0; times < 3; times++) {
                how = name;
                try {
                    std::printf("  answer %d\n", ask());
                } catch (int thrown) {
                    std::printf("  thrown %d\n", thrown);
                }
            }
        }
        how = "not";
        std::printf("  again %d\n", ask());
        std::fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        std::printf("  ENDED %x\n", status);
}

int main()
{
    std::FILE *table = std::fopen("allow", "w");

    std::fputs("svcd: joe@.example.org: spawn run: spawn again\n", table);
    std::fclose(table);
    table = std::fopen("deny", "w");
    std::fputs("ALL: ALL\n", table);
    std::fclose(table);
    hosts_allow_table = (char *)"allow";
    hosts_deny_table = (char *)"deny";
    attempt("lookup");
    attempt("user query");
    attempt("command");
    attempt("caught");
    attempt("nested");
    attempt("exit");
    attempt("cancel");
    return 0;
}
