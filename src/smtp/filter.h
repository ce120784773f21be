/* filter - what a program in pneu-queue's place is told of the session, in the environment (wire/filter.h) */
#ifndef SMTP_FILTER_H
#define SMTP_FILTER_H

#include <stdbool.h>

struct session;

/* For the message that begins; nothing to do where pneu-queue itself is run. False: errno, no memory */
bool filter_environment(const struct session *);

#endif
