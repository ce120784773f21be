/* settings - what the administrator decided, read once for each connection; the table in settings.c names the files */
#ifndef SMTP_SETTINGS_H
#define SMTP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/conf.h"

struct settings {
	struct conf_view etc;           /* what is seldom needed is read from there when it is */
	struct buf me;                  /* our name */
	struct buf greeting;            /* its first word is the name that clients see */
	struct buf localiphost;         /* what [our address] stands for */
	struct buf policy;              /* CONF_LINES, taken apart by policy_load */
	uint64_t greetdelay_ms;
	struct buf rcpthosts;           /* CONF_LINES; not read when relayclient is set */
	uint64_t databytes;             /* 0: no limit */
	uint64_t timeout_s;             /* one wait for the client */
	uint64_t command_s, data_s, session_s;  /* a whole command, a whole message, all of it */
	uint64_t maxrcpt, maxhops;
	uint64_t commandrate;           /* commands a minute; 0: no limit */
	uint64_t maxbad, maxidle;       /* commands in a session: senseless ones; ones that bring no message nearer */
	struct buf checkpassword;       /* the program for AUTH and its arguments, a line */
	char **checker;                 /* the same from our own arguments, which count first; 0: none */
	struct buf requiretls;          /* "mail": no mail without TLS */
	bool local;                     /* $LOCALSMTP: the client is a program here, without a network between */
	const char *relayclient;        /* 0: this client may not relay; else appended to each recipient */
	bool healthcheck;               /* this client only looks whether we are there: that is not worth a line */
	const char *queuelifetime;      /* 0: not set; else how long each message may be tried, seconds */
};

/* From etc/ and the environment (DATABYTES, RELAYCLIENT, QUEUELIFETIME...). What it allocates lives as long as the process. */
bool settings_load(struct settings *, struct conf_error *);

#endif
