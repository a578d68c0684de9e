/*
 * Asks Debian's libwrap.so.0 about one case after another, in this process.
 *
 * The library is loaded at run time. Whatever it asks of the system, the stand-ins of standins.c
 * answer from the case, and whatever it does they put into the record. After each case its
 * variables get back the values that they had when it was loaded, so that no case leaves anything
 * to the next. Only cases that fit the library's fixed buffers may be given to it: the caller
 * sees to that.
 */
#define _GNU_SOURCE
#include "original.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <link.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The library's own declarations (tcpd.h), as far as they are needed. */
enum { STRING_LENGTH = 128 };
enum { RQ_FILE = 1, RQ_DAEMON, RQ_USER, RQ_CLIENT_NAME, RQ_CLIENT_ADDR, RQ_CLIENT_SIN, RQ_SERVER_NAME,
       RQ_SERVER_ADDR, RQ_SERVER_SIN };

struct request_info;

struct host_info {
    char name[STRING_LENGTH];
    char addr[STRING_LENGTH];
    struct sockaddr *sin;
    void *unit;
    struct request_info *request;
};

struct request_info {
    int fd;
    char user[STRING_LENGTH];
    char daemon[STRING_LENGTH];
    char pid[10];
    struct host_info client[1];
    struct host_info server[1];
    void (*sink)(int);
    void (*hostname)(struct host_info *);
    void (*hostaddr)(struct host_info *);
    void (*cleanup)(struct request_info *);
    void *config;
};

struct world world;
volatile int inside;
sigjmp_buf leave;
int *ident_limit;

static struct request_info *(*request_init)(struct request_info *, ...);
static int (*hosts_access)(struct request_info *);
static void (*sock_hostname)(struct host_info *);
static int *allow_severity, *deny_severity, *verbose, *resident;
static const char **allow_table, **deny_table;

/* The library's variables, and their values when it was loaded. */
static char *variables;
static size_t variables_size;
static char saved[16384];

/* The record; children write to it too. */
enum { RECORD_SIZE = 8 << 20 };
static struct {
    size_t used;
    char text[RECORD_SIZE];
} *events;
static pid_t self;

int in_child(void)
{
    return getpid() != self;
}

void record(char kind, const void *text, size_t size)
{
    uint32_t length = size;

    if (events->used + 5 + size > RECORD_SIZE)
        return;
    events->text[events->used] = kind;
    memcpy(events->text + events->used + 1, &length, 4);
    memcpy(events->text + events->used + 5, text, size);
    events->used += 5 + size;
}

void record_number(char kind, long number)
{
    char text[32];

    record(kind, text, snprintf(text, sizeof text, "%ld", number));
}

/* Finds the library's variables: its writable segment without what is read-only once loaded. */
static int find_variables(struct dl_phdr_info *info, size_t size, void *name)
{
    size_t from = 0, to = 0;

    (void)size;
    if (!strstr(info->dlpi_name, name))
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_W) {
            from = part->p_vaddr;
            to = from + part->p_memsz;
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_GNU_RELRO && part->p_vaddr + part->p_memsz > from)
            from = part->p_vaddr + part->p_memsz;
    }
    variables = (char *)info->dlpi_addr + from;
    variables_size = to - from;
    return 1;
}

/* Loads the library. Returns why it cannot be used, or NULL. */
const char *original_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return dlerror();
    request_init = dlsym(library, "request_init");
    hosts_access = dlsym(library, "hosts_access");
    sock_hostname = dlsym(library, "sock_hostname");
    allow_severity = dlsym(library, "allow_severity");
    deny_severity = dlsym(library, "deny_severity");
    verbose = dlsym(library, "hosts_access_verbose");
    resident = dlsym(library, "resident");
    allow_table = dlsym(library, "hosts_allow_table");
    deny_table = dlsym(library, "hosts_deny_table");
    ident_limit = dlsym(library, "rfc931_timeout");
    if (!request_init || !hosts_access || !sock_hostname || !allow_severity || !deny_severity || !verbose
        || !resident || !allow_table || !deny_table || !ident_limit)
        return "it lacks a symbol";
    dl_iterate_phdr(find_variables, "libwrap.so");
    if (!variables_size || variables_size > sizeof saved)
        return "its variables are not where they should be";
    *verbose = 2;
    *allow_table = "/A";
    *deny_table = "/D";
    *allow_severity = -1;
    *deny_severity = -1;
    memcpy(saved, variables, variables_size);
    events = mmap(NULL, sizeof *events, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (events == MAP_FAILED)
        return "no memory";
    self = getpid();
    return NULL;
}

/* Reads the encoding, in the order in which original.rs writes it. */
static const char *next;

static uint32_t number(void)
{
    uint32_t value;

    memcpy(&value, next, 4);
    next += 4;
    return value;
}

static struct bytes bytes(void)
{
    struct bytes text;

    text.size = number();
    text.at = next;
    next += text.size + 1;
    return text;
}

struct end {
    struct bytes address, socket, name;
    uint32_t has_name;
    struct sockaddr_storage storage;
};

static void end(struct end *end)
{
    end->address = bytes();
    end->socket = bytes();
    end->has_name = number();
    end->name = bytes();
    memset(&end->storage, 0, sizeof end->storage);
    if (end->socket.size == 6) {
        struct sockaddr_in *in = (void *)&end->storage;
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, end->socket.at, 4);
        memcpy(&in->sin_port, end->socket.at + 4, 2);
    } else if (end->socket.size == 22) {
        struct sockaddr_in6 *in = (void *)&end->storage;
        in->sin6_family = AF_INET6;
        memcpy(&in->sin6_addr, end->socket.at, 16);
        memcpy(&in->sin6_port, end->socket.at + 16, 2);
        memcpy(&in->sin6_scope_id, end->socket.at + 18, 4);
    }
}

static void read_world(void)
{
    world.has_ident = number();
    world.ident = bytes();
    world.aclexec_status = number();
    world.pointers = number();
    for (uint32_t i = 0; i < world.pointers; i++) {
        world.pointer[i].address = bytes();
        world.pointer[i].name = bytes();
    }
    world.forwards = number();
    for (uint32_t i = 0; i < world.forwards; i++) {
        struct forward *forward = &world.forward[i];
        forward->name = bytes();
        forward->canonical = bytes();
        forward->count = number();
        for (uint32_t j = 0; j < forward->count; j++)
            forward->addresses[j] = bytes();
    }
    world.files = number();
    for (uint32_t i = 0; i < world.files; i++) {
        world.file[i].path = bytes();
        world.file[i].kind = number();
        world.file[i].text = bytes();
    }
    world.members = number();
    for (uint32_t i = 0; i < world.members; i++) {
        world.member[i].group = bytes();
        world.member[i].host = bytes();
    }
}

static void not_stream(int fd)
{
    (void)fd;
}

static void cut(char *to, struct bytes from)
{
    snprintf(to, STRING_LENGTH, "%s", from.at);
}

static void fill(struct host_info *host, struct end *end)
{
    cut(host->addr, end->address);
    if (end->has_name)
        cut(host->name, end->name);
    if (end->socket.size)
        host->sin = (void *)&end->storage;
}

/*
 * Runs the library on an encoded case. Returns how many bytes of events there are and where; the
 * last is the verdict (V), a command in place of the service (T) or an end without verdict (X).
 */
size_t original_run(const char *encoded, const char **text)
{
    static struct request_info request;
    static struct end client, server;
    struct bytes daemon, user;
    uint32_t stream, has_user;

    next = encoded;
    daemon = bytes();
    end(&client);
    end(&server);
    stream = number();
    has_user = number();
    user = bytes();
    read_world();

    memcpy(variables, saved, variables_size);
    events->used = 0;
    request_init(&request, RQ_FILE, 0, RQ_DAEMON, daemon.at, 0);
    fill(request.client, &client);
    fill(request.server, &server);
    if (has_user)
        cut(request.user, user);
    request.hostname = sock_hostname;
    request.sink = stream ? NULL : not_stream;
    if (sigsetjmp(leave, 0) == 0) {
        inside = 1;
        record_number('V', hosts_access(&request));
    }
    inside = 0;
    close_files();
    record_number('s', *allow_severity);
    *text = events->text;
    return events->used;
}
