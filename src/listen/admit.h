/* admit - may this address connect, by a rules database that may change at any time
 *
 * The database is in memory. Once a second at the most, when somebody connects, the file's identity (device, inode, size,
 * time) is compared, and a changed file read. A database that is missing or damaged admits nobody until it is whole again;
 * with open_without a missing one admits everybody, a damaged one still nobody. */
#ifndef LISTEN_ADMIT_H
#define LISTEN_ADMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "wire/rules.h"

struct admit {
	const char *path;               /* 0: no rules, everybody is admitted */
	bool open_without;
	bool again;                     /* look at the file at once */
	int error;                      /* why there is no database: ENOENT missing, else unusable; 0: there is one */
	struct rules rules;
	struct stat seen;               /* the file that rules or error are about */
	int64_t looked_ms;
};

enum admit_answer {
	ADMIT_YES,
	ADMIT_PROXY,                    /* it is a proxy and begins with a header: the rule has PROXY="1" */
	ADMIT_NO,
	ADMIT_LATER
};

/* path must outlive it. error is -1, or what an earlier life of ours has logged of these rules; the rest counts for nothing */
void admit_init(struct admit *, const char *path, bool open_without);
/* read the file if it is new; what went wrong, or right again, is logged once */
void admit_refresh(struct admit *);
/* ip as ip_text writes it; rule has the variables but PROXY, and after ADMIT_NO and ADMIT_LATER the key. PROXY is "1",
 * "0" or empty; any other value spoils its rule. */
enum admit_answer admit_ask(struct admit *, const char *ip, struct rule *);
/* the same by the rules that are in memory, without a look at the file */
enum admit_answer admit_ask_again(const struct admit *, const char *ip, struct rule *);

#endif
