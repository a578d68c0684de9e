/*
 * Logging that no fork can interrupt. The C library's syslog has a lock; if the program forks while one of
 * its threads is in it, the child's next message would wait for ever for a thread that it does not
 * have. So a fork waits for a message that is being written, though not long: the log daemon may be the
 * one that hangs. If that was in vain, the child goes on without messages.
 */
#include <pthread.h>
#include <time.h>

#include "wrap.h"

/* How often, and for how many nanoseconds each time, a fork waits. */
#define WAITS 200
#define WAIT 5000000

extern void __syslog_chk(int priority, int flag, const char *format, ...);

static pthread_mutex_t logging = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Of the thread that forks: whether nobody logs meanwhile. */
static __thread int quiet;

/* In a child: whether the lock of syslog may be that of a thread which is not there. */
static int mute;

static void before_fork(void)
{
    const struct timespec wait = { 0, WAIT };
    int waits;

    for (waits = 0; waits < WAITS; waits++) {
        quiet = pthread_mutex_trylock(&logging) == 0;
        if (quiet)
            return;
        nanosleep(&wait, 0);
    }
}

static void in_parent(void)
{
    if (quiet)
        pthread_mutex_unlock(&logging);
    quiet = 0;
}

static void in_child(void)
{
    if (!quiet)
        mute = 1;
    in_parent();
}

static void register_handlers(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

HIDDEN void wrap_syslog(int priority, const char *text)
{
    if (mute)
        return;
    pthread_once(&once, register_handlers);
    pthread_mutex_lock(&logging);
    __syslog_chk(priority, 1, "%s", text);
    pthread_mutex_unlock(&logging);
}
