/*
 * Stand-ins for what Debian's libwrap.so.0 calls: they answer from the case at hand and record
 * instead of doing. While the library does not run they hand on to the C library.
 *
 * shell_cmd, rfc931 and clean_exit are the library's own; a program may put others in their place.
 */
#define _GNU_SOURCE
#include "original.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

/* The C library's own function. */
#define REAL(name)                              \
    static __typeof__(&name) real;              \
    if (!real)                                  \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int same(struct bytes left, const char *right, size_t size)
{
    return left.size == size && memcmp(left.at, right, size) == 0;
}

/* Messages. */

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments);

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
    static char text[65536];
    int size;

    (void)flag;
    (void)priority;
    size = vsnprintf(text, sizeof text, format, arguments);
    record('M', text, size < (int)sizeof text ? size : (int)sizeof text - 1);
}

void __syslog_chk(int priority, int flag, const char *format, ...);

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    __vsyslog_chk(priority, flag, format, arguments);
    va_end(arguments);
}

/* Files. Runs of slashes count as one. */

static size_t plain(const char *path, char *to, size_t room)
{
    size_t size = 0;

    for (; *path && size + 1 < room; path++)
        if (*path != '/' || path[1] != '/')
            to[size++] = *path;
    if (size > 1 && to[size - 1] == '/')
        size--;
    to[size] = 0;
    return size;
}

static int too_long(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return 1;
    while (*path) {
        size_t part = strcspn(path, "/");
        if (part > NAME_MAX)
            return 1;
        path += part + (path[part] == '/');
    }
    return 0;
}

enum found { NOTHING, A_FOLDER, A_FILE };

static enum found look(const char *path, const struct file **found)
{
    char name[PATH_MAX];
    size_t size;
    enum found is = NOTHING;

    errno = ENOENT;
    if (too_long(path)) {
        errno = ENAMETOOLONG;
        return NOTHING;
    }
    size = plain(path, name, sizeof name);
    for (uint32_t i = 0; i < world.files; i++) {
        const struct file *file = &world.file[i];
        if (same(file->path, name, size)) {
            *found = file;
            return file->kind == DIRECTORY ? A_FOLDER : A_FILE;
        }
        if (file->path.size > size && file->path.at[size] == '/' && memcmp(file->path.at, name, size) == 0)
            is = A_FOLDER;
        if (file->path.size < size && name[file->path.size] == '/' && file->kind != DIRECTORY
            && memcmp(file->path.at, name, file->path.size) == 0)
            errno = ENOTDIR;
    }
    return is;
}

struct reader {
    const struct file *file;
    size_t at;
};

/* Files that are open. The library opens a list that includes itself until its stack ends. */
enum { MOST_OPEN = 40 };
static FILE *opened[MOST_OPEN];
static int open_files;

void close_files(void)
{
    while (open_files)
        fclose(opened[open_files - 1]);
}

static ssize_t read_some(void *cookie, char *to, size_t room)
{
    struct reader *reader = cookie;
    size_t size;

    if (!reader->file) {
        errno = EISDIR;
        return -1;
    }
    size = reader->file->text.size - reader->at;
    if (size > room)
        size = room;
    memcpy(to, reader->file->text.at + reader->at, size);
    reader->at += size;
    return size;
}

static int forget(void *cookie)
{
    open_files--;
    free(cookie);
    return 0;
}

FILE *fopen(const char *path, const char *mode)
{
    cookie_io_functions_t functions = {.read = read_some, .close = forget};
    const struct file *file = NULL;
    struct reader *reader;

    if (!inside) {
        REAL(fopen);
        return real(path, mode);
    }
    if (look(path, &file) == NOTHING)
        return NULL;
    if (file && file->kind == UNREADABLE) {
        errno = EACCES;
        return NULL;
    }
    if (open_files == MOST_OPEN) {
        record('X', "", 0);
        siglongjmp(leave, 1);
    }
    reader = calloc(1, sizeof *reader);
    reader->file = file && file->kind == REGULAR ? file : NULL;
    /* The library closes the file that it opened last first. */
    return opened[open_files++] = fopencookie(reader, mode, functions);
}

int stat(const char *restrict path, struct stat *restrict status)
{
    const struct file *file;

    if (!inside) {
        REAL(stat);
        return real(path, status);
    }
    memset(status, 0, sizeof *status);
    return look(path, &file) == NOTHING ? -1 : 0;
}

ssize_t write(int fd, const void *text, size_t size)
{
    if (!inside) {
        REAL(write);
        return real(fd, text, size);
    }
    record('B', text, size);
    return size;
}

int close(int fd)
{
    REAL(close);
    return inside ? 0 : real(fd);
}

/* Only twist comes here, for standard output and then for standard error. */
int dup(int fd)
{
    static int last = 2;

    REAL(dup);
    if (!inside)
        return real(fd);
    last = 3 - last;
    return last;
}

/* Names. */

int getnameinfo(const struct sockaddr *restrict address, socklen_t length, char *restrict host,
                socklen_t host_room, char *restrict service, socklen_t service_room, int flags)
{
    const void *number = address->sa_family == AF_INET ? (void *)&((struct sockaddr_in *)address)->sin_addr
                                                       : (void *)&((struct sockaddr_in6 *)address)->sin6_addr;
    size_t size = address->sa_family == AF_INET ? 4 : 16;

    if (!inside || flags & NI_NUMERICHOST) {
        REAL(getnameinfo);
        return real(address, length, host, host_room, service, service_room, flags);
    }
    for (uint32_t i = 0; i < world.pointers; i++)
        if (same(world.pointer[i].address, number, size)) {
            snprintf(host, host_room, "%s", world.pointer[i].name.at);
            return 0;
        }
    return EAI_NONAME;
}

struct answer {
    struct addrinfo info;
    struct sockaddr_storage storage;
};

static struct addrinfo *answer(struct bytes address, const char *canonical)
{
    struct answer *one = calloc(1, sizeof *one);

    one->info.ai_addr = (void *)&one->storage;
    one->info.ai_canonname = (char *)canonical;
    if (address.size == 4) {
        one->info.ai_family = one->storage.ss_family = AF_INET;
        one->info.ai_addrlen = sizeof(struct sockaddr_in);
        memcpy(&((struct sockaddr_in *)&one->storage)->sin_addr, address.at, 4);
    } else {
        one->info.ai_family = one->storage.ss_family = AF_INET6;
        one->info.ai_addrlen = sizeof(struct sockaddr_in6);
        memcpy(&((struct sockaddr_in6 *)&one->storage)->sin6_addr, address.at, 16);
    }
    return &one->info;
}

/* What getaddrinfo made itself, for freeaddrinfo. */
static struct addrinfo *ours;

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    struct addrinfo **tail = found;

    REAL(getaddrinfo);
    if (!inside || hints->ai_flags & AI_NUMERICHOST)
        return real(name, service, hints, found);
    /* Numbers are no names: the C library reads them without asking anybody. */
    struct addrinfo numeric = *hints;
    numeric.ai_flags |= AI_NUMERICHOST;
    int status = real(name, service, &numeric, found);
    if (status == 0 || status == EAI_ADDRFAMILY)
        return status;
    *found = NULL;
    for (uint32_t i = 0; i < world.forwards; i++) {
        const struct forward *forward = &world.forward[i];
        if (!same(forward->name, name, strlen(name)))
            continue;
        for (uint32_t j = 0; j < forward->count; j++)
            if ((forward->addresses[j].size == 4) == (hints->ai_family == AF_INET)) {
                *tail = answer(forward->addresses[j], tail == found ? forward->canonical.at : NULL);
                tail = &(*tail)->ai_next;
            }
    }
    ours = *found;
    return *found ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    REAL(freeaddrinfo);
    if (!list || list != ours) {
        real(list);
        return;
    }
    ours = NULL;
    while (list) {
        struct addrinfo *after = list->ai_next;
        free(list);
        list = after;
    }
}

int innetgr(const char *group, const char *host, const char *user, const char *domain)
{
    (void)user;
    (void)domain;
    for (uint32_t i = 0; i < world.members; i++)
        if (same(world.member[i].group, group, strlen(group))
            && (!world.member[i].host.size || strcasecmp(world.member[i].host.at, host) == 0))
            return 1;
    return 0;
}

int yp_get_default_domain(char **domain);

int yp_get_default_domain(char **domain)
{
    *domain = NULL;
    return 1;
}

/* Accounts. */

struct passwd *getpwnam(const char *name)
{
    static struct passwd user;

    if (strcmp(name, "nobody") != 0 && strcmp(name, "root") != 0)
        return NULL;
    user.pw_name = (char *)name;
    return &user;
}

struct group *getgrnam(const char *name)
{
    static struct group group;

    if (strcmp(name, "nogroup") != 0 && strcmp(name, "daemon") != 0)
        return NULL;
    group.gr_name = (char *)name;
    return &group;
}

void endpwent(void)
{
}

void endgrent(void)
{
}

/* Effects. */

unsigned int sleep(unsigned int seconds)
{
    REAL(sleep);
    return inside ? 0 : real(seconds);
}

mode_t umask(mode_t mask)
{
    REAL(umask);
    if (!inside)
        return real(mask);
    record_number('U', mask);
    return 022;
}

int nice(int increment)
{
    REAL(nice);
    if (!inside)
        return real(increment);
    record_number('N', increment);
    errno = 0;
    return increment;
}

int setenv(const char *name, const char *value, int overwrite)
{
    char text[32768];

    REAL(setenv);
    if (!inside)
        return real(name, value, overwrite);
    if (!*name || strchr(name, '=')) {
        errno = EINVAL;
        return -1;
    }
    record('E', text, snprintf(text, sizeof text, "%s=%s", name, value));
    return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    REAL(setsockopt);
    if (!inside)
        return real(fd, level, option, value, size);
    if (option == SO_LINGER) {
        const struct linger *linger = value;
        record_number('L', linger->l_onoff ? linger->l_linger : 0);
    } else {
        record_number('K', *(const int *)value);
    }
    return 0;
}

void shell_cmd(char *command);

void shell_cmd(char *command)
{
    record('S', command, strlen(command));
}

/* In a child the command of an aclexec runs; in the program itself the one of a twist. */
int execl(const char *path, const char *argument, ...)
{
    va_list arguments;
    const char *command;

    (void)path;
    va_start(arguments, argument);
    va_arg(arguments, char *);
    command = va_arg(arguments, char *);
    va_end(arguments);
    if (in_child()) {
        record('C', command, strlen(command));
        if (strcmp(command, "~") == 0)
            _exit(0);
        if (world.aclexec_status > 255)
            raise(SIGKILL);
        _exit(world.aclexec_status);
    }
    record('T', command, strlen(command));
    siglongjmp(leave, 1);
}

void rfc931(struct sockaddr_storage *remote, struct sockaddr_storage *local, char *user);

void rfc931(struct sockaddr_storage *remote, struct sockaddr_storage *local, char *user)
{
    (void)remote;
    (void)local;
    record_number('I', *ident_limit);
    snprintf(user, 128, "%s", world.has_ident ? world.ident.at : "unknown");
}

void clean_exit(void *request);

void clean_exit(void *request)
{
    (void)request;
    record('X', "", 0);
    siglongjmp(leave, 1);
}

void exit(int status)
{
    REAL(exit);
    if (inside && !in_child())
        clean_exit(NULL);
    real(status);
    abort();
}
