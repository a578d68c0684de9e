/*
 * calls COUNT CLIENT - asks libwrap so many times whether a client may use svcd, as a process does
 * that serves many, and prints the verdict and the nanoseconds of one call.
 *
 * Three calls go before and are not counted: a library that keeps tables in memory reads them then.
 * The tables may have been written a moment ago, so the middle one comes after more than
 * two seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <tcpd.h>

int allow_severity = 6, deny_severity = 4;

static int ask(char *client)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, client, 0);
    return hosts_access(&request);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 125;
    int count = atoi(argv[1]), verdict = ask(argv[2]);
    usleep(2200000);
    ask(argv[2]);
    ask(argv[2]);
    double start = now();
    for (int i = 0; i < count; i++)
        if (ask(argv[2]) != verdict)
            return 126;
    printf("%d %.0f\n", verdict, (now() - start) / (count ? count : 1));
    return 0;
}
