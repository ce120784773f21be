/* The numbers for Prometheus. Their names are a promise to dashboards and alert rules -> pneu-qstat(8); those in conf/ are
 * compared with this by tests/program/qstat_prometheus.t. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/num.h"
#include "mail/utf8.h"
#include "tools/qstat.h"

static bool
head(struct buf *b, const char *name, const char *type, const char *help)
{
	return buf_puts(b, "# HELP ") && buf_puts(b, name) && buf_byte(b, ' ') && buf_puts(b, help) && buf_puts(b, "\n# TYPE ") &&
	    buf_puts(b, name) && buf_byte(b, ' ') && buf_puts(b, type) && buf_byte(b, '\n');
}

/* A label's value: '\\' and '"' are escaped as the format has it. What is not of UTF-8, or a control, is "%XX", and so are '%' and
 * '(', so that no two names become one: readers refuse all numbers when one of them comes twice. */
static bool
put_label(struct buf *b, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used;
	bool ok = true;

	for (; ok && n; s += used, n -= used) {
		used = *s == '%' || *s == '(' ? 0 : utf8_graphic(s, n);
		if (*s == '"' || *s == '\\')
			ok = buf_byte(b, '\\');
		if (used)
			ok = ok && buf_put(b, s, used);
		else {
			ok = buf_byte(b, '%') && buf_byte(b, hex[(unsigned char)*s >> 4]) && buf_byte(b, hex[*s & 15]);
			used = 1;
		}
	}
	return ok;
}

static bool
sample(struct buf *b, const char *name, const char *label, const char *value, size_t len, uint64_t n)
{
	return buf_puts(b, name) && (!label || (buf_byte(b, '{') && buf_puts(b, label) && buf_puts(b, "=\"") && put_label(b, value, len) &&
	    buf_puts(b, "\"}"))) && buf_byte(b, ' ') && buf_num(b, n) && buf_byte(b, '\n');
}

static bool
plain(struct buf *b, const char *name, const char *help, uint64_t n)
{
	return head(b, name, "gauge", help) && sample(b, name, 0, 0, 0, n);
}

static bool
put_names(struct buf *b, const struct names *n, int64_t now_s)
{
	static const char of[] = "pneu_queue_messages", ages[] = "pneu_queue_age_messages";
	size_t i;

	if (!head(b, of, "gauge", "Messages in the queue: live, held by an operator, damaged.") ||
	    !sample(b, of, "state", "live", 4, n->place[WALK_MSG]) || !sample(b, of, "state", "held", 4, n->place[WALK_HOLD]) ||
	    !sample(b, of, "state", "bad", 3, n->bad) ||
	    !head(b, ages, "gauge", "Messages in the queue by age: up to so many minutes, and more than in the label before."))
		return false;
	for (i = 0; i < AGES; i++)
		if (!sample(b, ages, "minutes", age_name(i), strlen(age_name(i)), n->age[i]))
			return false;
	return plain(b, "pneu_queue_oldest_seconds", "Age of the oldest message; 0 if there is none.",
	    n->oldest_s && n->oldest_s < now_s ? (uint64_t)(now_s - n->oldest_s) : 0);
}

static bool
put_space(struct buf *b)
{
	struct statvfs v;

	if (statvfs(".", &v) != 0)
		return true;
	return plain(b, "pneu_queue_free_bytes", "Free space where the queue is.", (uint64_t)v.f_bavail * v.f_frsize) &&
	    (!v.f_files || plain(b, "pneu_queue_free_inodes", "Files that the queue's file system still has room for.", (uint64_t)v.f_favail));
}

static bool
put_channels(struct buf *b, const struct runner *r, const char *name, const char *suffix, const char *help)
{
	static const char *const channel[] = { "local", "remote" };
	char of[32];
	uint64_t n;
	int i;

	if (!head(b, name, "gauge", help))
		return false;
	for (i = 0; i < 2; i++) {
		snprintf(of, sizeof of, "%s%s", channel[i], suffix);
		if (runner_number(r, of, &n) && !sample(b, name, "channel", channel[i], strlen(channel[i]), n))
			return false;
	}
	return true;
}

/* sites that the runner lists: those with something to do, or remembered; and of these such as do not answer */
static bool
put_sites(struct buf *b, const struct runner *r)
{
	const char *at = 0, *line, *dead;
	uint64_t sites = 0, silent = 0, paused = 0;
	size_t n;

	while ((line = runner_line(r, &at, &n))) {
		paused += n > 7 && memcmp(line, "paused ", 7) == 0;
		if (n < 5 || memcmp(line, "site ", 5) != 0)
			continue;
		sites++;
		dead = memmem(line, n, " dead ", 6);
		silent += dead && dead + 6 < line + n && dead[6] != '0';
	}
	return plain(b, "pneu_sites", "Destinations that the runner knows at the moment.", sites) &&
	    plain(b, "pneu_sites_dead", "Destinations that are left alone because nobody answered there.", silent) &&
	    plain(b, "pneu_paused", "Destinations, or channels, that an operator paused.", paused);
}

static bool
put_events(struct buf *b, const struct runner *r)
{
	static const char name[] = "pneu_events_total";
	const char *at = 0, *line;
	struct rate rate;
	size_t n;

	if (!head(b, name, "counter", "What happened since the runner began: messages new and ended, attempts delivered, deferred and failed, "
	    "bounces made."))
		return false;
	while ((line = runner_line(r, &at, &n)))
		if (runner_rate(line, n, &rate) && strcmp(rate.name, "bytes") != 0 &&
		    !sample(b, name, "event", rate.name, strlen(rate.name), rate.n[0]))
			return false;
	if (!head(b, "pneu_received_bytes_total", "counter", "Bytes of the messages that were begun with."))
		return false;
	for (at = 0; (line = runner_line(r, &at, &n)); )
		if (runner_rate(line, n, &rate) && strcmp(rate.name, "bytes") == 0 && !sample(b, "pneu_received_bytes_total", 0, 0, 0, rate.n[0]))
			return false;
	return true;
}

static bool
put_runner(struct buf *b, const struct runner *r)
{
	uint64_t n;

	if (!plain(b, "pneu_up", "Does the runner answer?", r->done))
		return false;
	if (!r->done)
		return true;
	if (runner_number(r, "active", &n) && !plain(b, "pneu_active_messages", "Messages that the runner has open.", n))
		return false;
	if (runner_number(r, "schedule-bytes", &n) && !plain(b, "pneu_schedule_bytes", "Memory that the runner's schedule takes.", n))
		return false;
	if (runner_number(r, "scanning", &n) && !plain(b, "pneu_scanning", "Is the runner searching the queue's directories?", n))
		return false;
	return put_channels(b, r, "pneu_workers", "", "Workers with something to do.") &&
	    put_channels(b, r, "pneu_workers_limit", "-limit", "How many there may be.") && put_sites(b, r) && put_events(b, r);
}

static bool
put_table(struct buf *b, const struct table *t, uint64_t rows, const char *name, const char *help)
{
	uint64_t shown = 0;
	size_t i;

	if (!head(b, name, "gauge", help))
		return false;
	for (i = 0; i < t->len && i < rows; i++) {
		const struct row *r = &t->row[t->order[i]];
		const char *domain = words_text(&t->words, r->name);

		if (!sample(b, name, "domain", domain, strlen(domain), r->recipients))
			return false;
		shown += r->recipients;
	}
	/* no domain is called that, put_label sees to it */
	return shown == t->all.recipients || (buf_puts(b, name) && buf_puts(b, "{domain=\"(others)\"} ") &&
	    buf_num(b, t->all.recipients - shown) && buf_byte(b, '\n'));
}

static bool
put_stats(struct buf *b, const struct stats *s, uint64_t rows)
{
	static const char name[] = "pneu_queue_recipients";

	return plain(b, "pneu_queue_bytes", "Bytes of all messages in the queue.", s->all.bytes) &&
	    head(b, name, "gauge", "Recipients of the messages in the queue.") &&
	    sample(b, name, "state", "untried", 7, s->state[QF_WAITING] - s->deferred) &&
	    sample(b, name, "state", "deferred", 8, s->deferred) && sample(b, name, "state", "failed", 6, s->state[QF_FAILED]) &&
	    sample(b, name, "state", "delivered", 9, s->state[QF_DELIVERED]) &&
	    (!s->by_rcpt || put_table(b, &s->rcpt, rows, "pneu_queue_destination_recipients", "Recipients still to be reached, by domain.")) &&
	    (!s->by_sender || put_table(b, &s->sender, rows, "pneu_queue_sender_recipients",
	    "Recipients still to be reached, by the domain of the sender."));
}

bool
prometheus_put(struct buf *b, const struct names *n, const struct runner *r, const struct stats *s, uint64_t rows, int64_t now_s)
{
	return put_names(b, n, now_s) && put_space(b) && put_runner(b, r) && (!s || put_stats(b, s, rows));
}

/* A reader must never see half of it. The name it has meanwhile does not end in .prom, which node_exporter looks for. */
bool
prometheus_file(const char *path, const struct buf *b)
{
	char tmp[4096];
	int fd, error;
	bool ok;

	if (snprintf(tmp, sizeof tmp, "%s.%ld", path, (long)getpid()) >= (int)sizeof tmp) {
		errno = ENAMETOOLONG;
		return false;
	}
	if ((fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)) < 0)
		return false;
	ok = fd_write(fd, b->s, b->len);
	error = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		error = errno;
	}
	if (ok && rename(tmp, path) == 0)
		return true;
	error = ok ? errno : error;
	(void)unlink(tmp);
	errno = error;
	return false;
}
