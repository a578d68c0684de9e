/* Runs a shell command and waits for it. A checker of tables may bring its own. */
#include "wrap.h"

void shell_cmd(char *command)
{
    wrap_shell_cmd(command);
}
