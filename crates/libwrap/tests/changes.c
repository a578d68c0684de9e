/*
 * changes - asks again after each kind of change of tables and lists that the library has in memory,
 * also while other threads ask. Works in the current directory; prints what was wrong.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <tcpd.h>

/* Longer than the library leaves a changed file alone. */
#define SETTLED 2300000

#define THREADS 4
#define RULES 50

int allow_severity = 6, deny_severity = 4;

static int wrong;

static int ask(char *address)
{
    struct request_info request;

    request_init(&request, RQ_DAEMON, "svcd", RQ_CLIENT_ADDR, address, 0);
    return hosts_access(&request);
}

/* A rule for a client, among many for others, so that the table gets an index. */
static void write_table(const char *path, const char *client)
{
    FILE *file = fopen(path, "w");

    for (int i = 0; i < RULES; i++)
        fprintf(file, "svcd: 10.0.0.%d\n", i);
    fprintf(file, "svcd: %s\n", client);
    fclose(file);
}

static void write_list(const char *path, const char *client)
{
    FILE *file = fopen(path, "w");

    for (int i = 0; i < RULES; i++)
        fprintf(file, "10.0.1.%d\n", i);
    fprintf(file, "%s\n", client);
    fclose(file);
}

/* The changes; each is of a table in a folder that is current, and turns the client out. */

static void rewritten(void)
{
    struct timespec times[2];
    struct stat before;

    stat("allow", &before);
    times[0] = before.st_atim;
    times[1] = before.st_mtim;
    write_table("allow", "192.0.2.8");
    utimensat(AT_FDCWD, "allow", times, 0);
}

static void replaced(void)
{
    rename("prepared", "allow");
}

static void removed(void)
{
    unlink("allow");
}

static void not_readable(void)
{
    unlink("allow");
    mkdir("allow", 0700);
}

static void linked(void)
{
    unlink("allow");
    symlink("prepared", "allow");
}

static void list_rewritten(void)
{
    write_list("list", "192.0.2.8");
}

static void list_replaced(void)
{
    rename("prepared-list", "list");
}

static void list_removed(void)
{
    unlink("list");
}

static void deny_replaced(void)
{
    /* The client was refused there, and then no more. */
    rename("prepared-deny", "deny");
}

static const struct change {
    const char *name;
    void (*make)(void);
    int before, after;
} changes[] = {
    { "rewritten", rewritten, 1, 0 },
    { "replaced", replaced, 1, 0 },
    { "removed", removed, 1, 0 },
    { "not_readable", not_readable, 1, 0 },
    { "linked", linked, 1, 0 },
    { "list_rewritten", list_rewritten, 1, 0 },
    { "list_replaced", list_replaced, 1, 0 },
    { "list_removed", list_removed, 1, 0 },
    { "deny_replaced", deny_replaced, 0, 1 },
};

#define COUNT (sizeof(changes) / sizeof(changes[0]))

static void prepare(const struct change *change)
{
    mkdir(change->name, 0755);
    chdir(change->name);
    if (strncmp(change->name, "list_", 5) == 0) {
        char list[4200];
        char *here = realpath(".", NULL);

        snprintf(list, sizeof(list), "%s/list", here);
        write_table("allow", list);
        free(here);
        write_list("list", "192.0.2.7");
        write_list("prepared-list", "192.0.2.8");
    } else {
        write_table("allow", change->before ? "192.0.2.7" : "192.0.2.9");
    }
    write_table("prepared", "192.0.2.8");
    FILE *deny = fopen("deny", "w");
    fputs("ALL: ALL\n", deny);
    fclose(deny);
    deny = fopen("prepared-deny", "w");
    fputs("ALL: NO.\n", deny);
    fclose(deny);
    chdir("..");
}

static void check(const struct change *change)
{
    chdir(change->name);
    for (int i = 0; i < 4; i++)
        if (ask("192.0.2.7") != change->before)
            wrong++, printf("%s: wrong before the change\n", change->name);
    change->make();
    for (int i = 0; i < 4; i++)
        if (ask("192.0.2.7") != change->after)
            wrong++, printf("%s: wrong after the change, call %d\n", change->name, i + 1);
    chdir("..");
}

/* The table's version: begun is set before the file changes, done when it has. */
static atomic_int begun, done, over, answers;

static void *keep_asking(void *unused)
{
    while (!over) {
        int before = done;
        int granted = ask("192.0.2.7");

        if (begun == before) {
            answers++;
            if (granted != (before % 2 == 0)) {
                wrong++;
                printf("version %d: %d\n", before, granted);
            }
        }
    }
    return unused;
}

static void change_among_threads(void)
{
    pthread_t threads[THREADS];

    write_table("allow", "192.0.2.7");
    FILE *deny = fopen("deny", "w");
    fputs("ALL: ALL\n", deny);
    fclose(deny);
    usleep(SETTLED);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, keep_asking, NULL);
    for (int version = 1; version <= 300; version++) {
        write_table("next", version % 2 == 0 ? "192.0.2.7" : "192.0.2.8");
        begun = version;
        if (version % 3 == 0)
            write_table("allow", version % 2 == 0 ? "192.0.2.7" : "192.0.2.8");
        else
            rename("next", "allow");
        done = version;
        usleep(version % 150 == 0 ? SETTLED : 3000);
    }
    over = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (answers < 1000)
        wrong++, printf("only %d answers\n", answers);
}

int main(void)
{
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    for (unsigned i = 0; i < COUNT; i++)
        prepare(&changes[i]);
    usleep(SETTLED);
    for (unsigned i = 0; i < COUNT; i++)
        check(&changes[i]);
    change_among_threads();
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
