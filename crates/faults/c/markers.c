/*
 * markers - preloaded into a program, shows in its trace where a lookup of the C library begins, where it ends, and
 * what the C library says of it.
 *
 * A mark is a mkdirat(2) that cannot be (its folder is descriptor -1), which changes nothing and shows its text.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void mark(const char *text)
{
    int before = errno;

    mkdirat(-1, text, 0);
    errno = before;
}

static void end(const char *call, int result, int error)
{
    char text[80];

    snprintf(text, sizeof text, "end %s %d errno %d", call, result, error);
    mark(text);
}

int getnameinfo(const struct sockaddr *restrict address, socklen_t length, char *restrict host, socklen_t room,
                char *restrict service, socklen_t service_room, int flags)
{
    static int (*real)(const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int);
    int result;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getnameinfo");
    mark("begin getnameinfo");
    result = real(address, length, host, room, service, service_room, flags);
    end("getnameinfo", result, 0);
    return result;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict found)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    int result;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    mark("begin getaddrinfo");
    result = real(name, service, hints, found);
    end("getaddrinfo", result, 0);
    return result;
}

int innetgr(const char *group, const char *host, const char *user, const char *domain)
{
    static int (*real)(const char *, const char *, const char *, const char *);
    int before = errno, result;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "innetgr");
    mark("begin innetgr");
    errno = 0;
    result = real(group, host, user, domain);
    end("innetgr", result, errno);
    if (!errno)
        errno = before;
    return result;
}
