/*
 * The variables that programs see. Types, sizes and initial values are those of the original: a
 * program that was linked with another size has copied that many bytes.
 */
#include <setjmp.h>

#include "wrap.h"

#define WARNING 4

/* Most programs define these two themselves, and theirs count. */
int allow_severity __attribute__((weak)) = SEVERITY;
int deny_severity __attribute__((weak)) = WARNING;

char unknown[] = STRING_UNKNOWN;
char paranoid[] = STRING_PARANOID;
char *hosts_allow_table = HOSTS_ALLOW;
char *hosts_deny_table = HOSTS_DENY;
int hosts_access_verbose = 0;
int rfc931_timeout = RFC931_TIMEOUT;
int resident = -1;
int dry_run = 0;
struct tcpd_context tcpd_context;
jmp_buf tcpd_buf;
