/* author - the From field, the sender and the Message-ID of a message whose program did not say them
 *
 *   the user of From    $QMAILUSER, $MAILUSER, else the caller's login      its host  $QMAILHOST, $MAILHOST, else defaulthost
 *   the full name       as asked for, $QMAILNAME, $MAILNAME, $NAME, else the caller's
 *   the sender          $QMAILSUSER at $QMAILSHOST, each as the above if it is not set */
#ifndef INJECT_AUTHOR_H
#define INJECT_AUTHOR_H

#include <stdbool.h>

#include "inject/compose.h"

/* The names must be known. False as buf_put; EINVAL: it is no address */
bool author_sender(struct compose *);                           /* sets compose.sender */
bool author_from(struct compose *, const char *field);          /* appends "FIELD: ..." to the header */
bool author_message_id(struct compose *, const char *field);

#endif
