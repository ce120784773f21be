#include "inject/back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inject/author.h"
#include "lib/fd.h"
#include "mail/date.h"
#include "mail/header.h"

static bool
put_report(struct compose *report)
{
	struct buf *b = &report->header;
	char date[DATE_RFC5322];

	date_rfc5322(date, report->now_us / 1000000);
	return buf_puts(b, "Date: ") && buf_puts(b, date) && buf_puts(b, "\nFrom: \"Mail program\" <MAILER-DAEMON@") &&
	    buf_put(b, report->names.host.s, report->names.host.len) && buf_puts(b, ">\nTo: <") &&
	    addr_quote(b, report->rcpts.s, report->rcpts.len - 1) && buf_puts(b, ">\n") &&
	    author_message_id(report, "Message-ID") && buf_puts(b, "Auto-Submitted: auto-replied\nSubject: your message was not sent\n");
}

bool
back_mail(struct compose *c, struct post *p, const char *why)
{
	struct post_wishes wishes = { 0 };
	struct compose report;
	struct inject_result result = { .verdict = 'Z' };
	char text[2 * COMPOSE_WHY];

	if (compose_names(c) != COMPOSE_OK)
		return false;
	compose_init(&report);
	report.names = c->names;
	report.names_known = c->names_known;
	report.caller = c->caller;
	snprintf(text, sizeof text, "Your message was not sent to anybody:\n\n  %s\n\nThis is it.\n\n", why);
	errno = ENOMEM;
	if ((c->sender.s || author_sender(c)) &&
	    buf_put(&report.rcpts, c->sender.s, c->sender.len) && buf_byte(&report.rcpts, 0) && (report.rcpt_count = 1) &&
	    buf_puts(&report.sender, "") && put_report(&report))
		post_send(p, &report, &wishes, text, &result);
	else
		snprintf(result.text, sizeof result.text, "unable to make a report: %s", strerror(errno));
	if (result.verdict != 'K')
		snprintf(c->why, sizeof c->why, "%s", result.text);
	report.names_known = false;             /* both are c's */
	report.caller.space = (struct buf){ 0 };
	compose_free(&report);
	return result.verdict == 'K';
}

static bool
append(int fd, struct compose *c, struct post *p)
{
	struct buf from = BUF(1000);
	const char *s = p->s + p->head.start;
	size_t n = p->n - p->head.start;
	bool ok = header_unix_from(&from, c->caller.login, c->now_us / 1000000) && fd_write(fd, from.s, from.len) && fd_write(fd, s, n);
	ssize_t r = 0;
	char *piece;

	buf_free(&from);
	while (ok && (r = draft_next(&p->draft, &piece)) > 0)
		ok = fd_write(fd, piece, (size_t)r);
	return ok && r == 0 && fd_write(fd, "\n", 1) && fsync(fd) == 0;
}

bool
back_keep(struct compose *c, struct post *p, char path[1024])
{
	const char *home;
	struct stat st;
	bool ok;
	int fd, n;

	caller_account(&c->caller);
	home = caller_variable(&c->caller, "HOME", (char *)0);
	if (!home)
		home = c->caller.home;
	n = snprintf(path, 1024, "%s/dead.letter", home);
	if (*home != '/' || n >= 1024) {
		*path = 0;
		errno = ENOENT;
		return false;
	}
	if ((fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)) < 0)
		return false;
	errno = EPERM;
	/* root with a user's HOME: neither a link of that user's nor a second name of some file of ours */
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 && append(fd, c, p);
	n = errno;
	close(fd);
	errno = n;
	return ok;
}
