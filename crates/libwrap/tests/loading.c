/*
 * Loads the library, asks, unloads it; again and again, in this thread and in threads that end. Prints
 * how many answers were wrong, and how many descriptors, mappings and kilobytes were gained.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int wrong;

static void *once(void *path)
{
    void *library = dlopen(path, RTLD_NOW);
    int (*ask)(char *, char *, char *, char *);
    char **table;

    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    table = dlsym(library, "hosts_allow_table");
    *table = "allow";
    table = dlsym(library, "hosts_deny_table");
    *table = "deny";
    *(void **)&ask = dlsym(library, "hosts_ctl");
    if (ask("svcd", "", "192.0.2.7", "") != 1 || ask("svcd", "", "192.0.2.8", "") != 0)
        __sync_fetch_and_add(&wrong, 1);
    dlclose(library);
    return 0;
}

static void often(char *path, int times)
{
    pthread_t thread;

    while (times-- > 0) {
        pthread_create(&thread, 0, once, path);
        pthread_join(thread, 0);
        once(path);
    }
}

struct held {
    long descriptors, mappings, kilobytes;
};

static struct held held(void)
{
    struct held held = {0, 0, 0};
    DIR *folder = opendir("/proc/self/fd");
    FILE *maps = fopen("/proc/self/maps", "r"), *memory = fopen("/proc/self/statm", "r");
    int byte;

    while (readdir(folder))
        held.descriptors++;
    while ((byte = getc(maps)) != EOF)
        held.mappings += byte == '\n';
    if (fscanf(memory, "%*d %ld", &held.kilobytes) == 1)
        held.kilobytes *= sysconf(_SC_PAGESIZE) / 1024;
    closedir(folder);
    fclose(maps);
    fclose(memory);
    return held;
}

int main(int count, char **arguments)
{
    struct held before, after;

    if (count < 2)
        return 1;
    often(arguments[1], 100);
    before = held();
    often(arguments[1], 1500);
    after = held();
    printf("%d %ld %ld %ld\n", wrong, after.descriptors - before.descriptors, after.mappings - before.mappings,
           after.kilobytes - before.kilobytes);
    return 0;
}
