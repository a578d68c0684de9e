/*
 * Asks many times, in many threads: many THREADS TIMES. Prints how often it was granted, and how many
 * descriptors and kilobytes the process has gained between the first tenth and the end.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <tcpd.h>
#include <unistd.h>

static int times;

static long descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    long count = 0;

    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static long kilobytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void *ask(void *granted)
{
    struct request_info request;
    int at;

    for (at = 0; at < times; at++) {
        request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, at % 2 ? "192.0.2.7" : "10.0.0.1",
                     RQ_CLIENT_NAME, "host.example.org", 0);
        *(long *)granted += hosts_access(&request);
    }
    return 0;
}

static long all(int threads)
{
    pthread_t thread[64];
    long granted[64] = {0}, sum = 0;
    int at;

    for (at = 0; at < threads; at++)
        pthread_create(&thread[at], 0, ask, &granted[at]);
    for (at = 0; at < threads; at++) {
        pthread_join(thread[at], 0);
        sum += granted[at];
    }
    return sum;
}

int main(int count, char **arguments)
{
    int threads = count > 2 ? atoi(arguments[1]) : 1;
    int total = count > 2 ? atoi(arguments[2]) : 1000;
    long open, memory, granted;

    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    times = total / 10;
    granted = all(threads);
    open = descriptors();
    memory = kilobytes();
    times = total - total / 10;
    granted += all(threads);
    printf("%ld %ld %ld\n", granted, descriptors() - open, kilobytes() - memory);
    return 0;
}
