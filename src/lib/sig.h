/* sig - signals: handlers only set a flag, and system calls are interrupted */
#ifndef LIB_SIG_H
#define LIB_SIG_H

void sig_catch(int sig, void (*handler)(int));  /* no SA_RESTART: a wait must end */
void sig_ignore(int sig);
void sig_default(int sig);
void sig_block(int sig);
void sig_unblock(int sig);
/* Signals that are blocked and pending come now. A loop that blocks its signals but in ppoll(2) calls this after each
 * ppoll that found a descriptor ready: such a one returns at once and lets no signal in, so under steady work none
 * would ever come. */
void sig_let_in(void);

#endif
