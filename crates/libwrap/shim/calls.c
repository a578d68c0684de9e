/*
 * Functions with a variable number of arguments; jumps to tcpd_buf; calls of what a program may have
 * defined in place of the library's own.
 *
 * A program's function that is called from Rust code may call tcpd_jump(). Its jump must not cross
 * the Rust frames, so it lands here, at the call, which then tells its caller. A jump that is asked for
 * outside such a call goes to tcpd_buf, with nothing but the program's frames on the way.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "wrap.h"

extern jmp_buf tcpd_buf;

/* Room for a message; what is longer is cut. */
#define MESSAGE_BYTES 8192

/* Where a jump out of the program's function lands, if such a call is under way. */
static __thread jmp_buf *landing;

static void set_values(struct request_info *request, va_list values)
{
    int key;

    while ((key = va_arg(values, int)) > 0) {
        switch (key) {
        case RQ_FILE:
            request->fd = va_arg(values, int);
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

/* Each of these returns 0, or what the program's function wanted to jump with. */
#define CALL(call)                          \
    jmp_buf here, *const outer = landing;   \
    int jumped = _setjmp(here);             \
                                            \
    if (jumped == 0) {                      \
        landing = &here;                    \
        call;                               \
    }                                       \
    landing = outer;                        \
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

/* The library may be unloaded: what it keeps in memory must not stay behind. */
static void __attribute__((destructor)) forget(void)
{
    wrap_forget();
}
