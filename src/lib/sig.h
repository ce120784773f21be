/* sig - signals: handlers only set a flag, and system calls are interrupted */
#ifndef LIB_SIG_H
#define LIB_SIG_H

void sig_catch(int sig, void (*handler)(int));  /* no SA_RESTART: a wait must end */
void sig_ignore(int sig);
void sig_default(int sig);
void sig_block(int sig);
void sig_unblock(int sig);

#endif
