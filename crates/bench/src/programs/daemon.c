/* The daemon of every measured start: tells its client that it is served, and ends. */
#include <unistd.h>

int main(void)
{
    return write(1, "served\n", 7) != 7;
}
