/* Prints size and place of each part of the structures; both libraries' headers must say the same. */
#include <stddef.h>
#include <stdio.h>
#include <tcpd.h>

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define PART(type, part) \
    printf(#type "." #part " %zu %zu\n", offsetof(type, part), sizeof(((type *)0)->part))
#define HOST(part) PART(struct host_info, part)
#define REQUEST(part) PART(struct request_info, part)

int main(void)
{
    SIZE(struct host_info);
    SIZE(struct request_info);
    SIZE(struct tcpd_context);
    HOST(name); HOST(addr); HOST(sin); HOST(unit); HOST(request);
    REQUEST(fd); REQUEST(user); REQUEST(daemon); REQUEST(pid); REQUEST(client); REQUEST(server);
    REQUEST(sink); REQUEST(hostname); REQUEST(hostaddr); REQUEST(cleanup); REQUEST(config);
    return 0;
}
