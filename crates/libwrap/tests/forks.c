/*
 * forks - a program with threads forks while these ask and are refused; each child asks
 * too, and ends through exit(3). Works in the current directory; prints what was wrong.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tcpd.h>

#define THREADS 4
#define FORKS 100

int allow_severity = 6, deny_severity = 4;

static atomic_int over, wrong;

static int ask(char *address)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, address, 0);
    return hosts_access(&request);
}

static int asked_well(void)
{
    return ask("192.0.2.7") && !ask("192.0.2.8");
}

static void *keep_asking(void *unused)
{
    while (!over)
        wrong += !asked_well();
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    FILE *allow = fopen("allow", "w"), *deny = fopen("deny", "w");

    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    fputs("svcd: 192.0.2.7\n", allow);
    fputs("ALL: ALL\n", deny);
    fclose(allow);
    fclose(deny);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, keep_asking, NULL);
    for (int i = 0; i < FORKS; i++) {
        int status;
        pid_t child = fork();

        if (child == 0) {
            alarm(5);
            exit(!asked_well());
        }
        if (waitpid(child, &status, 0) != child || status != 0) {
            printf("child %d: status %x\n", i, status);
            wrong++;
            break;
        }
        usleep(5000);
    }
    over = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
