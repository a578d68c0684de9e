/*
 * ipclient - a TCP client that sets IP options (hexadecimal) on its packets.
 *
 * ipclient OPTIONS ADDRESS PORT: connects, then copies what it reads to stdout.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    unsigned char options[40];
    size_t len = 0;
    struct sockaddr_in server = {.sin_family = AF_INET};
    char buffer[4096];
    ssize_t got;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 4 || fd < 0)
        return 125;
    for (const char *hex = argv[1]; hex[0] && hex[1] && len < sizeof options; hex += 2) {
        char byte[3] = {hex[0], hex[1], 0};
        options[len++] = (unsigned char) strtoul(byte, NULL, 16);
    }
    if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, len))
        return perror("ipclient: IP_OPTIONS"), 1;
    server.sin_port = htons((unsigned short) atoi(argv[3]));
    if (inet_pton(AF_INET, argv[2], &server.sin_addr) != 1)
        return 125;
    if (connect(fd, (struct sockaddr *) &server, sizeof server))
        return perror("ipclient: connect"), 1;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        if (write(1, buffer, (size_t) got) < 0)
            return 1;
    return 0;
}
