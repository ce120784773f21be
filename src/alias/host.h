/* host - what this host makes of an address: whose it is, which alias it meets, whether there is such a user
 *
 * The same settings and the same order as a delivery (resolve/routing.h, aliases.h, account.h), with a table instead of a
 * database. */
#ifndef ALIAS_HOST_H
#define ALIAS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "alias/entries.h"
#include "resolve/account.h"
#include "resolve/dotqmail.h"
#include "resolve/routing.h"

#define HOST_ASK 10000                  /* different names that the system is asked for; a name service may be slow */

struct host {
	struct routing *routing;
	struct accounts accounts;
	struct buf address, space;      /* for the moment */
	struct table asked;             /* names that were asked for; first is 1 if there is such a user */
};

/* false: why is in the error; host_close all the same */
bool host_open(struct host *, struct conf_error *);
void host_close(struct host *);
/* what each address of each entry leads to; false: errno */
bool host_resolve(struct host *, struct table *);
bool host_class(struct host *, const char *address, size_t n, enum routing_class *);   /* false: errno */

enum host_user { HOST_USER, HOST_NOBODY, HOST_UNASKED };

/* does the local part, n bytes, belong to a user, or to a .qmail file? In doubt it does. HOST_UNASKED: the limit is
 * reached, or there is no memory */
enum host_user host_user(struct host *, const char *local, size_t n);
/* may the runner, the user pneuq, read a file with these? In a private instance it is whoever runs us; in doubt it may */
bool host_runner_reads(struct host *, const struct stat *);
/* May the alias user do with a file or directory with these what the bits (4 read, 2 write, 1 search) say? In doubt he may. If
 * own is set it must be his */
bool host_alias_may(struct host *, const struct stat *, unsigned bits, bool own);
/* is there somebody to run programs and write files of the aliases as? */
bool host_has_alias_user(struct host *);

#endif
