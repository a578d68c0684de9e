/* Ends a process whose client was refused. A checker of tables may bring its own. */
#include <stdlib.h>

#include "wrap.h"

void clean_exit(struct request_info *request)
{
    wrap_clean_exit(request);
    exit(0);
}
