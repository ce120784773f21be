/* door - who gets no session is told why, as far as the kernel takes the text at once, and logged
 *
 * Nobody waits for a stranger to read. The connection stays open, it is the caller's. ip is the client's address as text.
 * A false means: it was told and logged. */
#ifndef LISTEN_DOOR_H
#define LISTEN_DOOR_H

#include <stdbool.h>

#include "listen/admit.h"
#include "listen/listener.h"
#include "listen/options.h"

/* may this client have one more session, and already? */
enum verdict { FITS, TOO_MANY, TOO_SOON, NETWORK_TOO_SOON };

/* text: the reply without its line end, "": none; why and detail are for the log */
void door_refuse(const struct options *, const struct connection *, const char *ip, const char *text, const char *why,
    const char *detail);
/* The same with -m's text. Without one it is preset, and reply and line end in one and the same ID; not with -q. */
void door_busy(const struct options *, const struct connection *, const char *ip, const char *preset, const char *why,
    const char *detail);
void door_unstarted(const struct options *, const struct connection *, const char *ip);         /* errno says why */
bool door_fits(const struct options *, enum verdict, const struct connection *, const char *ip);
/* did the rules answer yes? */
bool door_admitted(const struct options *, enum admit_answer, const struct connection *, const char *ip,
    const struct rule *);

#endif
