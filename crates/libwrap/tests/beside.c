/* A program with a second static library that is written in Rust; of this one it asks as usual. */
#include <tcpd.h>

extern int sum_of_three(void);

/* In place of the library's own. */
void shell_cmd(char *command)
{
    printf("own %s\n", command);
}

int main(void)
{
    hosts_allow_table = "allow";
    hosts_deny_table = "deny";
    printf("%d %d\n", sum_of_three(), hosts_ctl("svcd", "", "192.0.2.7", ""));
    return 0;
}
