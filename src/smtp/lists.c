#include "smtp/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "mail/domains.h"
#include "mail/patterns.h"
#include "smtp/answer.h"
#include "wire/domaindb.h"

static const char not_set_up[] = "451 4.3.5 this mail server is not set up correctly, try later";

/* The process has one session. */
static struct list {
	struct buf lines;
	bool is_read;
} bad_senders, bad_recipients;
static int more = -2;                   /* -2: not opened yet; -1: there is none */

static const char *
look_up(const struct session *s, struct list *l, const char *name, const char *address, const char *refusal)
{
	const struct conf setting = { name, CONF_LINES, &l->lines, 0, 0, 0 };
	struct conf_error e;

	if (!l->is_read && !conf_take(&s->set->etc, &setting, 1, &e)) {
		log_trouble(s, e.text, address);
		return not_set_up;
	}
	l->is_read = true;
	return patterns_have(&l->lines, address, strlen(address)) ? refusal : 0;
}

const char *
lists_sender(const struct session *s, const char *address)
{
	return look_up(s, &bad_senders, "badmailfrom", address, "553 5.7.1 mail from that sender is not taken here");
}

const char *
lists_recipient(const struct session *s, const char *address)
{
	return look_up(s, &bad_recipients, "badrcptto", address, "550 5.7.1 mail for that recipient is not taken here");
}

const char *
lists_domain(const struct session *s, const char *domain, size_t n)
{
	enum domaindb_result r = DOMAINDB_NONE;

	if (domains_has(&s->set->rcpthosts, domain, n))
		return 0;
	if (more == -2 && !conf_may_have(&s->set->etc, "morercpthosts.cdb"))
		more = -1;
	if (more == -2 && (more = openat(s->set->etc.dir, "morercpthosts.cdb", O_RDONLY | O_CLOEXEC)) < 0 && errno != ENOENT) {
		more = -2;
		r = DOMAINDB_TROUBLE;
	}
	if (more >= 0)
		r = domaindb_find(more, domain, n);
	if (r == DOMAINDB_FOUND)
		return 0;
	if (r == DOMAINDB_NONE)
		return "550 5.7.1 relaying denied: that domain is not served here";
	log_trouble(s, "unable to read morercpthosts.cdb", strerror(errno));
	return not_set_up;
}
