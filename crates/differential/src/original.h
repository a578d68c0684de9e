/*
 * What original.c and standins.c share: the case at hand and the record of what the library does.
 */
#ifndef ORIGINAL_H
#define ORIGINAL_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A part of the case's encoding; a NUL byte follows it. */
struct bytes {
    const char *at;
    uint32_t size;
};

enum { MOST_POINTERS = 4, MOST_FORWARDS = 8, MOST_ADDRESSES = 4, MOST_FILES = 32, MOST_MEMBERS = 16 };

enum file_kind { REGULAR, UNREADABLE, DIRECTORY };

struct pointer {
    struct bytes address, name;
};

struct forward {
    struct bytes name, canonical, addresses[MOST_ADDRESSES];
    uint32_t count;
};

struct file {
    struct bytes path, text;
    uint32_t kind;
};

struct member {
    struct bytes group, host;
};

/* The case at hand; what the stand-ins answer comes from it. */
struct world {
    struct bytes ident;
    uint32_t has_ident;
    uint32_t aclexec_status; /* 256: killed */
    uint32_t pointers, forwards, files, members;
    struct pointer pointer[MOST_POINTERS];
    struct forward forward[MOST_FORWARDS];
    struct file file[MOST_FILES];
    struct member member[MOST_MEMBERS];
};

extern struct world world;

/* Whether the library is running; else the stand-ins are the C library's own functions. */
extern volatile int inside;

/* Where a call that does not return goes. */
extern sigjmp_buf leave;

/* The library's time limit of an ident query. */
extern int *ident_limit;

/* Whether this is a child of the library's making. */
int in_child(void);

/* Closes the files that a call that did not return has left open. */
void close_files(void);

/* Adds an event to the record: its kind and its text. */
void record(char kind, const void *text, size_t size);

/* The same with one number as text. */
void record_number(char kind, long number);

#endif
