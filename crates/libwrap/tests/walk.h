/*
 * What the programs share that print what a library does: its log lines among the rest of the output, in
 * sequence, and the facts of a request.
 */
#define INET6
#define HAVE_WEAKSYMS
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tcpd.h>
#include <unistd.h>

extern jmp_buf tcpd_buf;
extern char *split_at(char *, int);
extern unsigned long cidr_mask_addr(char *);
extern char *percent_m(char *, char *);
extern void fix_options(struct request_info *);

/* In place of the C library's: what the library logs, as standard output. */
void __vsyslog_chk(int priority, int flag, const char *format, va_list values)
{
    (void)flag;
    printf("  log %d: ", priority);
    vprintf(format, values);
    putchar('\n');
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    __vsyslog_chk(priority, flag, format, values);
    va_end(values);
}

static inline void table(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

static inline void show(struct request_info *request)
{
    printf("  fd %d daemon <%s> user <%s>\n", request->fd, eval_daemon(request), request->user);
    printf("  client <%s> <%s> server <%s> <%s>\n", request->client->name, request->client->addr,
           request->server->name, request->server->addr);
    printf("  info <%s> <%s>\n", eval_client(request), eval_server(request));
    printf("  sink %d lookups %d %d\n", request->sink != 0, request->hostname != 0, request->hostaddr != 0);
}
