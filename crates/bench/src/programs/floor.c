/* The floor: the least that any program between inetd and the daemon can do. */
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 0)
        execv(argv[0], argv);
    return 127;
}
