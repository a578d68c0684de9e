/*
 * What the C part and the Rust part of the library need of each other.
 *
 * C does what stable Rust cannot: functions with a variable number of arguments, long jumps, weak
 * symbols, and calls that a program's own function of the same name must receive. The names that
 * begin with wrap_ are not exported by the shared library.
 */
#ifndef WRAP_H
#define WRAP_H

#define INET6
#include <tcpd.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* Room for what C keeps of a call of the library, in words. */
#define ENTRY_WORDS 8

/* What a call of a program's function returns that has thrown an exception or wants its thread to end. */
#define THROWN 0x7fffffff

/* In Rust. */
extern void wrap_init(struct request_info *request);
extern void wrap_set_text(struct request_info *request, int key, const char *text);
extern void wrap_set_address(struct request_info *request, int key, struct sockaddr *address);
extern void wrap_new_socket(struct request_info *request);
extern void wrap_bad_key(int key);
extern int wrap_process_options(char *options, struct request_info *request);
extern void wrap_report(int jumps, const char *text);
extern void wrap_shell_cmd(const char *command);
extern void wrap_clean_exit(struct request_info *request);
extern void wrap_forget(void);
extern void wrap_rfc931(struct sockaddr *client, struct sockaddr *server, char *user);

#endif
