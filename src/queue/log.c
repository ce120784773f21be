#include "queue/log.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/num.h"
#include "queue/rates.h"

#define LINE_MAX_BYTES 6000

static char lines[65536];
static size_t len;
static bool trouble_only;

void
log_trouble_only(void)
{
	trouble_only = true;
}

static void
raw(const char *s)
{
	size_t n = strlen(s);

	if (n < sizeof lines - len) {
		memcpy(lines + len, s, n);
		len += n;
	}
}

static void
num(uint64_t n)
{
	if (sizeof lines - len > NUM_DEC)
		len += num_dec(lines + len, n);
}

/* strangers' text: bounded, and never more than one line */
static void
masked(const char *s)
{
	size_t n;

	for (n = 0; *s && n < LINE_MAX_BYTES - 400 && len < sizeof lines - 10; s++, n++)
		lines[len++] = *s == ' ' || *s == '\t' ? '_' : *s == '\n' ? '/' : *s > ' ' && *s < 127 ? *s : '?';
	if (*s)
		raw("...");
}

static void
begin(const char *s)
{
	if (sizeof lines - len < LINE_MAX_BYTES)
		log_flush();
	raw(s);
}

/* "warning: ", "alert: " */
static void
keep_trouble(void)
{
	char *at = lines, *to = lines, *nl;

	for (; (nl = memchr(at, '\n', (size_t)(lines + len - at))); at = nl + 1)
		if (strncmp(at, "warning: ", 9) == 0 || strncmp(at, "alert: ", 7) == 0) {
			memmove(to, at, (size_t)(nl + 1 - at));
			to += nl + 1 - at;
		}
	len = (size_t)(to - lines);
}

void
log_flush(void)
{
	if (trouble_only)
		keep_trouble();
	if (len)
		(void)fd_write(2, lines, len);
	len = 0;
}

void
log_new(const char *id)
{
	rates_count(RATES_NEW, 1);
	begin("new msg ");
	raw(id);
	raw("\n");
}

void
log_info(const char *id, uint64_t bytes, const char *sender, uint64_t qp, uint64_t uid)
{
	rates_count(RATES_BYTES, bytes);
	begin("info msg ");
	raw(id);
	raw(": bytes ");
	num(bytes);
	raw(" from <");
	masked(sender);
	raw("> qp ");
	num(qp);
	raw(" uid ");
	num(uid);
	raw("\n");
}

void
log_start(uint64_t delivery, const char *id, enum channel c, const char *rcpt)
{
	begin("starting delivery ");
	num(delivery);
	raw(": msg ");
	raw(id);
	raw(c == CHANNEL_LOCAL ? " to local " : " to remote ");
	masked(rcpt);
	raw("\n");
}

void
log_result(uint64_t delivery, char verdict, const char *text, const char *via)
{
	rates_count(verdict == 'K' ? RATES_DELIVERED : verdict == 'D' ? RATES_FAILED : RATES_DEFERRED, 1);
	begin("delivery ");
	num(delivery);
	raw(verdict == 'K' ? ": success: " : verdict == 'D' ? ": failure: " : ": deferral: ");
	masked(text);
	if (*via && *via != '/') {              /* what qmail's logs do not have stands apart */
		raw(" via ");
		masked(via);
	}
	raw("\n");
}

void
log_mangled(uint64_t delivery)
{
	begin("delivery ");
	num(delivery);
	raw(": report mangled, will defer\n");
}

void
log_expansion(const char *id, const char *rcpt, const char *by, uint64_t into)
{
	begin("expanded msg ");
	raw(id);
	raw(": ");
	masked(rcpt);
	raw(" by ");
	masked(by);
	raw(" into ");
	num(into);
	raw("\n");
}

void
log_skip(const char *id, const char *rcpt, const char *why)
{
	begin("skipping delivery: msg ");
	raw(id);
	raw(" to ");
	masked(rcpt);
	raw(": ");
	masked(why);
	raw("\n");
}

void
log_status(unsigned local, unsigned local_max, unsigned remote, unsigned remote_max)
{
	begin("status: local ");
	num(local);
	raw("/");
	num(local_max);
	raw(" remote ");
	num(remote);
	raw("/");
	num(remote_max);
	raw("\n");
}

void
log_bounce(const char *id, const char *qp, const char *bounce_id)
{
	rates_count(RATES_BOUNCED, 1);
	begin("bounce msg ");
	raw(id);
	raw(" qp ");
	masked(qp);
	raw(" as ");
	masked(bounce_id);
	raw("\n");
}

void
log_told(const char *id, const char *what, const char *qp, const char *report_id)
{
	begin("report msg ");
	raw(id);
	raw(" qp ");
	masked(qp);
	raw(" as ");
	masked(report_id);
	raw(": ");
	raw(what);
	raw("\n");
}

void
log_triple(const char *id)
{
	begin("triple bounce: discarding ");
	raw(id);
	raw("\n");
}

void
log_end(const char *id)
{
	rates_count(RATES_ENDED, 1);
	begin("end msg ");
	raw(id);
	raw("\n");
}

void
log_held(const char *id, const char *why)
{
	begin("held: msg ");
	raw(id);
	raw(": ");
	masked(why);
	raw("\n");
}

static bool
is_about_message(const char *what)
{
	static const char *const others[] = { "flush", "reload", "retry-site", "pause", "resume" };
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(what, others[i]) == 0)
			return false;
	return true;
}

void
log_operator(const char *id, const char *what, uint64_t uid)
{
	begin("operator uid ");
	num(uid);
	raw(" ");
	raw(what);
	raw(is_about_message(what) ? ": msg " : *id ? ": " : "");
	masked(id);
	raw("\n");
}

void
log_say(const char *kind, const char *text, const char *what, int error)
{
	begin(kind);
	raw(": ");
	raw(text);
	masked(what);
	if (error) {
		raw(": ");
		masked(strerror(error));
	}
	raw("\n");
}
