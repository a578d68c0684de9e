/*
 * asker - a daemon that asks the library about the client on its socket, and serves it or not.
 *
 * asker [-q QUESTIONS] [-n FILES] [-m BYTES]
 *
 * -q how often it asks, each time with a new request, as a process that serves many does: tables are kept
 * between. -n limit of open files and -m memory that is left, both set before the last question. For
 * -m the address space is closed at its size of then, and all memory that malloc still has is taken but for one
 * piece of about so many bytes.
 *
 * Of every question it says `N served` or `N denied` to the client. It logs nothing itself: what is in the log
 * is the library's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <tcpd.h>
#include <unistd.h>

int allow_severity = LOG_DAEMON | LOG_INFO;
int deny_severity = LOG_DAEMON | LOG_WARNING;

static void limit(int resource, long value)
{
    struct rlimit both = {value, value};

    setrlimit(resource, &both);
}

/* The stack grows within the address space too, so it grows first. */
static void grow_stack(void)
{
    volatile char pages[1 << 19];
    size_t at;

    for (at = 0; at < sizeof pages; at += 4096)
        pages[at] = 0;
}

static void take_memory(long left)
{
    static const size_t sizes[] = {1 << 20, 1 << 16, 1 << 12, 256, 64, 16};
    /* What is freed as a small block serves only blocks of its own size; of a large one the rest is any memory. */
    static const size_t spare = 4096;
    char *block = left ? malloc(spare + left) : 0;
    size_t at;

    grow_stack();
    limit(RLIMIT_AS, 0);
    for (at = 0; at < sizeof sizes / sizeof *sizes; at++)
        while (malloc(sizes[at]))
            ;
    free(block);
    if (left && !malloc(spare))
        _exit(1);
}

static int ask(void)
{
    static struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_FILE, 0, 0);
    fromhost(&request);
    return hosts_access(&request);
}

int main(int argc, char **argv)
{
    int option, questions = 1, number;
    long files = -1, memory = -1;

    while ((option = getopt(argc, argv, "q:n:m:")) != -1)
        switch (option) {
        case 'q': questions = atoi(optarg); break;
        case 'n': files = atol(optarg); break;
        case 'm': memory = atol(optarg); break;
        default: return 125;
        }
    resident = questions > 1;
    for (number = 1; number <= questions; number++) {
        char line[] = "0 denied\n";

        if (number == questions && files >= 0)
            limit(RLIMIT_NOFILE, files);
        if (number == questions && memory >= 0)
            take_memory(memory);
        line[0] += number;
        if (ask())
            memcpy(line + 2, "served", 6);
        if (write(1, line, sizeof line - 1) < 0)
            return 1;
    }
    return 0;
}
