/*
 * Functions with a variable number of arguments; and the boundary between the library and the program, where
 * control leaves either of them by other ways than a return.
 *
 * A program's function that the library calls may call tcpd_jump(), throw a C++ exception, or end
 * its thread. None of these may cross the Rust frames, so each ends here, at the call, which tells its
 * caller. Once these frames have returned, wrap_go_on() does what the function wanted: it jumps to
 * tcpd_buf, or raises the exception again.
 *
 * A signal handler, or such a function, may also jump over the library into the program. The
 * C library's longjmp() then runs the cleanup routines of what it passes, so that what this thread had
 * noted about the call can be put back. What the frames had in memory stays behind.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unwind.h>

#include "wrap.h"

/* Exported by the C library since 2.2; its header has other ways, which take a compound statement. */
extern void _pthread_cleanup_push(struct _pthread_cleanup_buffer *, void (*)(void *), void *);
extern void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *, int);

extern jmp_buf tcpd_buf;

/* Room for a message; what is longer is cut. */
#define MESSAGE_BYTES 8192

/* Where a jump out of the program's function lands, if such a call is under way. */
static __thread jmp_buf *landing;

/* Whether the program wants this thread to be cancelled, while the library has switched it off. */
static __thread int cancelling;

/* The exception that a function of the program has thrown. */
static __thread struct _Unwind_Exception *thrown;

static void set_values(struct request_info *request, va_list values)
{
    int key;

    while ((key = va_arg(values, int)) > 0) {
        switch (key) {
        case RQ_FILE:
            request->fd = va_arg(values, int);
            wrap_new_socket(request);
            break;
        case RQ_CLIENT_SIN:
        case RQ_SERVER_SIN:
            wrap_set_address(request, key, va_arg(values, struct sockaddr *));
            break;
        case RQ_DAEMON:
        case RQ_USER:
        case RQ_CLIENT_NAME:
        case RQ_CLIENT_ADDR:
        case RQ_SERVER_NAME:
        case RQ_SERVER_ADDR:
            wrap_set_text(request, key, va_arg(values, char *));
            break;
        default:
            /* The type of its value is not known, nor where the next key would be. */
            wrap_bad_key(key);
            return;
        }
    }
}

struct request_info *request_init(struct request_info *request, ...)
{
    va_list values;

    wrap_init(request);
    va_start(values, request);
    set_values(request, values);
    va_end(values);
    return request;
}

struct request_info *request_set(struct request_info *request, ...)
{
    va_list values;

    va_start(values, request);
    set_values(request, values);
    va_end(values);
    return request;
}

static void jump(int verdict)
{
    longjmp(landing ? *landing : tcpd_buf, verdict);
}

/* One call of the library, in its caller's frame; Rust code has the room. */
struct entry {
    struct _pthread_cleanup_buffer buffer;
    jmp_buf *landing;
    int cancelling;
};

_Static_assert(sizeof(struct entry) <= ENTRY_WORDS * sizeof(size_t), "room for an entry");

/*
 * The program calls the library; left(call) is run if a jump leaves it. Cancellation is put off: it
 * would cross Rust frames. (That is a store in the thread's own memory, not a system call.)
 */
HIDDEN void wrap_enter(struct entry *entry, void (*left)(void *), void *call)
{
    entry->landing = landing;
    entry->cancelling = cancelling;
    _pthread_cleanup_push(&entry->buffer, left, call);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
}

/* Puts back what was before the call. */
HIDDEN void wrap_restore(struct entry *entry)
{
    int off;

    pthread_setcancelstate(cancelling, &off);
    landing = entry->landing;
    cancelling = entry->cancelling;
}

/* The library returns to the program. */
HIDDEN void wrap_leave(struct entry *entry)
{
    _pthread_cleanup_pop(&entry->buffer, 0);
    wrap_restore(entry);
}

/* Goes on with what a function of the program wanted, which the call of it has told. */
HIDDEN void wrap_go_on(int jumped)
{
    struct _Unwind_Exception *exception = thrown;

    if (jumped != THROWN)
        jump(jumped);
    thrown = 0;
    _Unwind_Resume_or_Rethrow(exception);
    /* Nobody catches it. */
    abort();
}

void tcpd_warn(char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    wrap_report(0, text);
}

void tcpd_jump(char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    wrap_report(1, text);
    jump(AC_ERROR);
}

void process_options(char *options, struct request_info *request)
{
    int verdict = wrap_process_options(options, request);

    if (verdict != 0)
        jump(verdict);
}

/*
 * What the unwinder asks about the frame of a call when an exception comes by. The frames below, which
 * are Rust's, have said that they catch it; so it has taken the program's frames down and ends here.
 */
static _Unwind_Reason_Code __attribute__((used))
unwinding(int version, _Unwind_Action actions, _Unwind_Exception_Class kind, struct _Unwind_Exception *exception,
          struct _Unwind_Context *context)
{
    (void)version;
    (void)kind;
    (void)context;
    if (actions & _UA_SEARCH_PHASE)
        return _URC_CONTINUE_UNWIND;
    thrown = exception;
    longjmp(*landing, THROWN);
}

/*
 * Names it for the function that this stands in. (The compiler could do so by its attribute "cleanup", but then another
 * copy of the unwinder than the one that is at work would be asked to change registers.)
 */
#ifdef __ARM_EABI__
#define ASK_UNWINDING
#else
#define ASK_UNWINDING __asm__ volatile(".cfi_personality 0x1b, unwinding")
#endif

/* Each of these returns 0, or what the program's function wanted to jump with, or THROWN. */
#define CALL(call)                                                  \
    jmp_buf here, *const outer = landing;                           \
    int off, jumped = _setjmp(here);                                \
                                                                    \
    ASK_UNWINDING;                                                  \
    if (jumped == 0) {                                              \
        landing = &here;                                            \
        pthread_setcancelstate(cancelling, &off);                   \
        call;                                                       \
    }                                                               \
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);    \
    landing = outer;                                                \
    return jumped

HIDDEN int wrap_call_lookup(void (*lookup)(struct host_info *), struct host_info *host)
{
    CALL(lookup(host));
}

HIDDEN int wrap_call_sink(void (*sink)(int), int descriptor)
{
    CALL(sink(descriptor));
}

HIDDEN int wrap_call_shell_cmd(char *command)
{
    CALL(shell_cmd(command));
}

HIDDEN int wrap_call_clean_exit(struct request_info *request)
{
    CALL(clean_exit(request));
}

HIDDEN int wrap_call_rfc931(struct sockaddr *client, struct sockaddr *server, char *user)
{
    CALL(rfc931(client, server, user));
}

/* The library may be unloaded: what it keeps in memory has to go with it. */
static void __attribute__((destructor)) forget(void)
{
    wrap_forget();
}
