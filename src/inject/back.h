/* back - what becomes of a message that cannot be sent, before anything else knows of it */
#ifndef INJECT_BACK_H
#define INJECT_BACK_H

#include <stdbool.h>

#include "inject/post.h"

/* Mail it to its sender, who is not the null sender, with the reason; true: queued. False: why, in c->why */
bool back_mail(struct compose *c, struct post *p, const char *why);
/* Append it to the caller's dead.letter, whose path is put into path, "" if it has none. False: errno */
bool back_keep(struct compose *c, struct post *p, char path[1024]);

#endif
