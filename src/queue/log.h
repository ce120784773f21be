/* log - the runner's log: one event, one line, in qmail's words, so that what reads qmail's logs reads this
 *
 * Lines are collected and written whole by log_flush, once a turn of the event loop; a dead log reader loses lines,
 * not mail. In text blanks become '_', newlines '/', other bytes that are not printable ASCII '?'.
 * Manual: pneu-send(8), LOG */
#ifndef QUEUE_LOG_H
#define QUEUE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "resolve/routing.h"

void log_new(const char *id);
void log_info(const char *id, uint64_t bytes, const char *sender, uint64_t qp, uint64_t uid);
void log_start(uint64_t delivery, const char *id, enum channel, const char *rcpt);
/* verdict K Z D; via as in wire/job.h, shown if it names a connection */
void log_result(uint64_t delivery, char verdict, const char *text, const char *via);
void log_mangled(uint64_t delivery);
void log_expansion(const char *id, const char *rcpt, const char *by, uint64_t into);      /* by: file and line */
void log_skip(const char *id, const char *rcpt, const char *why);               /* deferred without an attempt */
void log_status(unsigned local, unsigned local_max, unsigned remote, unsigned remote_max);
void log_bounce(const char *id, const char *qp, const char *bounce_id);
void log_told(const char *id, const char *what, const char *qp, const char *report_id);   /* of a delay or a success */
void log_triple(const char *id);
void log_end(const char *id);
void log_held(const char *id, const char *why);
void log_operator(const char *id, const char *what, uint64_t uid);              /* someone held, deleted... it */
void log_say(const char *kind, const char *text, const char *what, int error);  /* kind "warning", "alert", "status" */
void log_trouble_only(void);                                                    /* from now on, warnings and alerts */
void log_flush(void);

#endif
