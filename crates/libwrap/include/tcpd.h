/*
 * The C interface of libwrap: access control for network services by the tables hosts.allow and
 * hosts.deny. hosts_access(3) describes it. Names, types and layout are those of tcp_wrappers
 * 7.6, so what was written or compiled for that library works with this one.
 */
#ifndef TCPD_H
#define TCPD_H

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room for a host name, an address, a user or a service, with the final NUL. */
#define STRING_LENGTH 128

/* What is known of nobody, and a host name that its own domain does not confirm. */
#define STRING_UNKNOWN "unknown"
#define STRING_PARANOID "paranoid"

/* Socket addresses were IPv4 only once; programs say which of the two they are written for. */
#ifdef INET6
#define TCPD_SOCKADDR struct sockaddr
#else
#define TCPD_SOCKADDR struct sockaddr_in
#endif

struct request_info;

/* One end of a connection. An empty string has not been looked up yet. */
struct host_info {
    char name[STRING_LENGTH];     /* use eval_hostname() */
    char addr[STRING_LENGTH];     /* use eval_hostaddr() */
    TCPD_SOCKADDR *sin;           /* socket address, or null */
    struct t_unitdata *unit;      /* not used */
    struct request_info *request; /* the request that this is an end of */
};

/* A request for a service. */
struct request_info {
    int fd;                                 /* the client's socket, or -1 */
    char user[STRING_LENGTH];               /* use eval_user() */
    char daemon[STRING_LENGTH];             /* use eval_daemon() */
    char pid[10];                           /* use eval_pid() */
    struct host_info client[1];             /* who asks */
    struct host_info server[1];             /* who serves */
    void (*sink)(int);                      /* discards a datagram, or null */
    void (*hostname)(struct host_info *);   /* looks a host name up, or null */
    void (*hostaddr)(struct host_info *);   /* shows an address, or null */
    void (*cleanup)(struct request_info *); /* not used */
    struct netconfig *config;               /* the library's own */
};

/* Comparison and copying of such strings. */
#define STRN_CPY(to, from, size) \
    { strncpy((to), (from), (size)); (to)[(size) - 1] = 0; }
#define STRN_EQ(one, other, size) (strncasecmp((one), (other), (size)) == 0)
#define STRN_NE(one, other, size) (strncasecmp((one), (other), (size)) != 0)
#define STR_EQ(one, other) (strcasecmp((one), (other)) == 0)
#define STR_NE(one, other) (strcasecmp((one), (other)) != 0)

extern char unknown[];
extern char paranoid[];
#define HOSTNAME_KNOWN(name) (STR_NE((name), unknown) && STR_NE((name), paranoid))
#define NOT_INADDR(text) ((text)[strspn((text), "01234567890./")] != 0)

/* The question. hosts_access() and hosts_ctl() return 0 if access is denied. */
extern int hosts_access(struct request_info *request);
extern int hosts_ctl(char *daemon, char *client_name, char *client_addr, char *client_user);

/* A request is made of pairs of a key and a value, with a 0 at the end. */
extern struct request_info *request_init(struct request_info *request, ...);
extern struct request_info *request_set(struct request_info *request, ...);
#define RQ_FILE 1        /* int: the client's socket */
#define RQ_DAEMON 2      /* char *: name of the service */
#define RQ_USER 3        /* char *: client user */
#define RQ_CLIENT_NAME 4 /* char *: client host name */
#define RQ_CLIENT_ADDR 5 /* char *: client address */
#define RQ_CLIENT_SIN 6  /* struct sockaddr *: client socket address */
#define RQ_SERVER_NAME 7 /* char *: server host name */
#define RQ_SERVER_ADDR 8 /* char *: server address */
#define RQ_SERVER_SIN 9  /* struct sockaddr *: server socket address */

/* Both ends of the request's socket. */
extern void sock_host(struct request_info *request);
extern void sock_hostname(struct host_info *host);
extern void sock_hostaddr(struct host_info *host);
#define fromhost sock_host
#define sock_methods(request) \
    { (request)->hostname = sock_hostname; (request)->hostaddr = sock_hostaddr; }
extern void fix_options(struct request_info *request);

/* Facts about a request, looked up when they are first asked for. */
extern char *eval_user(struct request_info *request);
extern char *eval_hostname(struct host_info *host);
extern char *eval_hostaddr(struct host_info *host);
extern char *eval_hostinfo(struct host_info *host);
extern char *eval_client(struct request_info *request);
extern char *eval_server(struct request_info *request);
extern char *eval_port(TCPD_SOCKADDR *address);
#define eval_daemon(request) ((request)->daemon)
#define eval_pid(request) ((request)->pid)

/* The ends of a request that is denied. */
extern void refuse(struct request_info *request);
extern void clean_exit(struct request_info *request);

/* Severities of the program's own log lines; the option severity sets both. */
#ifdef HAVE_WEAKSYMS
extern int allow_severity __attribute__((weak));
extern int deny_severity __attribute__((weak));
#else
extern int allow_severity;
extern int deny_severity;
#endif

extern char *hosts_allow_table;  /* path of hosts.allow */
extern char *hosts_deny_table;   /* path of hosts.deny */
extern int hosts_access_verbose; /* 1: log each option; 2: log each rule that matches too */
extern int rfc931_timeout;       /* seconds for an ident query */
extern int resident;             /* over 0: the process serves many clients */

/* Parts that checkers of tables use. */
extern void process_options(char *options, struct request_info *request);
extern char *percent_x(char *result, int size, char *text, struct request_info *request);
extern char *percent_m(char *result, char *text);
extern void shell_cmd(char *command);
extern void rfc931(TCPD_SOCKADDR *client, TCPD_SOCKADDR *server, char *user);
extern char *xgets(char *line, int size, FILE *table);
extern char *split_at(char *text, int delimiter);
extern unsigned long dot_quad_addr(char *text);
extern unsigned long cidr_mask_addr(char *text);

/* Over 0: options are checked and not carried out; twist sets it to 0. */
extern int dry_run;

/* Reports of problems, with the place if one is set. tcpd_jump() jumps to tcpd_buf. */
struct tcpd_context {
    char *file;
    int line;
};
extern struct tcpd_context tcpd_context;
extern void tcpd_warn(char *format, ...);
extern void tcpd_jump(char *format, ...);

/* What the jump to tcpd_buf, a jmp_buf that the caller has set, says of the request. */
#define AC_PERMIT 1
#define AC_DENY (-1)
#define AC_ERROR AC_DENY

#ifdef __cplusplus
}
#endif

#endif
