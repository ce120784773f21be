/* msg - one-line messages on descriptor 2, and the end of a program
 *
 * A message is "program: text" or "program: text: reason", one write. Bytes that are not
 * printable ASCII become '?'; what does not fit in MSG_MAX ends in "...".
 * Each variadic list is strings, ended by (char *)0. errno stays as it was.
 * Exit codes: 0 done, EX_HARD asking again will not help, EX_SOFT later may help. */
#ifndef LIB_MSG_H
#define LIB_MSG_H

#define MSG_MAX 1000
#define EX_HARD 100
#define EX_SOFT 111

void msg_name(const char *program);                             /* kept, not copied */
void msg_say(const char *, ...);                                /* program: text */
void msg_warn(int error, const char *, ...);                    /* program: warning: text[: strerror] */
_Noreturn void msg_die(int code, int error, const char *, ...); /* program: fatal: text[: strerror] */

#define say(...) msg_say(__VA_ARGS__, (char *)0)
#define warn_sys(...) msg_warn(errno, "unable to ", __VA_ARGS__, (char *)0)
#define warn_say(...) msg_warn(0, __VA_ARGS__, (char *)0)
#define die_sys(code, ...) msg_die((code), errno, "unable to ", __VA_ARGS__, (char *)0)
#define die_say(code, ...) msg_die((code), 0, __VA_ARGS__, (char *)0)

#endif
