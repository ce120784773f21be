/* options - what pneu-tcpd was told on its command line */
#ifndef LISTEN_OPTIONS_H
#define LISTEN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 500                    /* RFC 5321 section 4.5.3.1.5: 512 bytes a reply */

#define OPTION_VARS 32

enum loudness { QUIET, REFUSALS, ALL };

struct pace {
	uint64_t limit, seconds;
};

struct options {
	uint64_t max, max_each, backlog;        /* sessions in all, of one client; connections that wait for us */
	const char *user, *rules, *local_host, *busy, *denied;  /* 0: not given; the texts are at most TEXT_MAX bytes */
	bool open_without, announce;
	bool as_root;                           /* sessions may begin as root */
	enum loudness loudness;
	struct pace each, network;              /* of new connections; seconds == 0: no limit */
	uint64_t bits4, bits6;                  /* length of a network */
	int ready_fd;                           /* gets a newline when we listen; -1: none */
	const char *var[OPTION_VARS];           /* names of variables that sessions get from our environment, too */
	size_t vars;
	char **address;                         /* where they begin; they end with "--" */
	char **program;                         /* it and its arguments, at least one */
};

/* Everything points into argv. Wrong usage ends the program with exit code 100. */
void options_read(struct options *, int argc, char **argv);

#endif
