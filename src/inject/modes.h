/* modes - what sendmail is asked for besides sending a message: other programs of ours do it */
#ifndef INJECT_MODES_H
#define INJECT_MODES_H

#include "inject/compose.h"
#include "inject/cmdline.h"

/* any mode but MODE_DELIVER; ends the program */
_Noreturn void modes_run(const struct cmdline *, struct compose *);

#endif
