/* answer - replies to the client; the ones that refuse are also log lines
 *
 * A reply is its text without CR LF: "250 2.1.0 sender ok". It is sent when the input holds no further complete
 * command (RFC 2920 3.2). It is one printable line. One of class 4 or 5 gets the session's id at its end, " [1k0v9dmchas3v4]",
 * and is cut to stay within 510 bytes. */
#ifndef SMTP_ANSWER_H
#define SMTP_ANSWER_H

#include <stdint.h>

#include "smtp/session.h"

void answer_ok(struct session *, const char *text);
void answer_more(struct session *, const char *code, const char *text);  /* a line that is not the last: 250-text */
void answer_senseless(struct session *, const char *text);       /* the client errs; too often ends the session */
void answer_refuse(struct session *, const char *text);          /* understood, refused; very often ends it too */
void answer_close(struct session *, const char *code, const char *text); /* 421 code NAME text, the last one */

/* one line each, one write: the session's id, then what happened, text of strangers last */
void log_session_begin(const struct session *);
void log_session_end(const struct session *);
void log_accepted(struct session *, const char *id, uint64_t bytes);
void log_recipient(const struct session *, const char *reason, const char *address);     /* why not, in our words */
void log_trouble(const struct session *, const char *reason, const char *about);        /* what of ours failed */
void log_policy(const struct session *, const char *server, const char *words);
void log_tls(const struct session *);                                   /* the handshake is over */
/* how: "ok" or "failed" */
void log_login(const struct session *, const char *how, const char *mechanism, const char *login);
void log_rate(const struct session *, const char *what, const char *whose, const char *name);
void log_lost(const struct session *, int error, const char *where);

#endif
