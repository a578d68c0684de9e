/* Asks the client's ident server for the user. A checker of tables may bring its own. */
#include "wrap.h"

void rfc931(struct sockaddr *client, struct sockaddr *server, char *user)
{
    wrap_rfc931(client, server, user);
}
