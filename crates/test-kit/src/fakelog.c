/*
 * Prints what a program hands to the C library's checked syslog entry points:
 * the text alone, on standard output, in sequence with the program's own.
 */
#include <stdarg.h>
#include <stdio.h>

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
    (void)priority;
    (void)flag;
    vprintf(format, arguments);
    putchar('\n');
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    __vsyslog_chk(priority, flag, format, arguments);
    va_end(arguments);
}

/* The original waits before it gives up. */
unsigned int sleep(unsigned int seconds)
{
    (void)seconds;
    return 0;
}

/* Lines leave at once, as on a terminal: banners go past the buffer. */
__attribute__((constructor)) static void by_line(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}
