#include "wire/job.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wire/packet.h"
#include "wire/percent.h"

bool
job_put(int sock, const struct job *j, int flags)
{
	struct buf b = BUF(JOB_PACKET);
	bool ok;
	size_t i;

	if (j->rcpts == 0 || j->rcpts > JOB_RECIPIENTS || j->message < 0) {
		errno = j->message < 0 ? EBADF : EMSGSIZE;
		return false;
	}
	ok = fields_put_num(&b, j->number) && fields_put_num(&b, j->offset) && fields_put_num(&b, j->length) &&
	    fields_put(&b, j->sender) && fields_put(&b, j->params);
	for (i = 0; ok && i < j->rcpts; i++)
		ok = fields_put(&b, j->rcpt[i]) && fields_put(&b, j->rcpt_params[i] ? j->rcpt_params[i] : "");
	return packet_send(sock, &b, ok, j->message, flags);
}

static bool
parse_job(struct fields *f, struct job *j)
{
	const char *s;

	if (!fields_next_num(f, 0, UINT64_MAX, &j->number) || !fields_next_num(f, 0, INT64_MAX, &j->offset) ||
	    !fields_next_num(f, 0, INT64_MAX - j->offset, &j->length) || !(j->sender = fields_next(f)) ||
	    !(j->params = fields_next(f)))
		return false;
	for (j->rcpts = 0; (s = fields_next(f)); j->rcpts++) {
		if (j->rcpts == JOB_RECIPIENTS || !(j->rcpt_params[j->rcpts] = fields_next(f)))
			return false;
		j->rcpt[j->rcpts] = s;
	}
	return j->rcpts > 0;
}

bool
job_go(int sock, int flags)
{
	struct buf b = BUF(JOB_PACKET);

	return packet_send(sock, &b, fields_put(&b, "G"), -1, flags);
}

static bool
is_go(struct fields f)
{
	const char *s = fields_next(&f);

	return s && strcmp(s, "G") == 0 && !fields_next(&f);
}

enum job_result
job_get(int sock, char *space, struct job *j, int flags)
{
	struct fields f;
	enum job_result r = packet_receive(sock, space, JOB_PACKET, &f, &j->message, flags);

	if (r != JOB_GOT)
		return r;
	if (j->message < 0 && is_go(f))
		return JOB_GO;
	if (j->message >= 0 && parse_job(&f, j))
		return JOB_GOT;
	if (j->message >= 0)
		close(j->message);
	j->message = -1;
	errno = EPROTO;
	return JOB_BAD;
}

bool
report_put(int sock, const struct report *r, int flags)
{
	struct buf b = BUF(JOB_PACKET);
	char verdict[2] = { r->verdict, 0 };
	bool ok;

	if (r->verdict == 'S')
		ok = fields_put(&b, verdict) && fields_put(&b, r->exchangers);
	else
		ok = fields_put_num(&b, r->number) && fields_put_num(&b, r->index) && fields_put(&b, verdict) &&
		    fields_put(&b, r->status) && fields_put(&b, r->site ? "s" : "m") && fields_put_num(&b, r->wait_s) &&
		    fields_put(&b, r->via ? r->via : "") && packet_put_text(&b, r->text);
	return packet_send(sock, &b, ok, -1, flags);
}

bool
job_status(const char *s)
{
	int part, n;

	if (!*s || !strchr("245", *s))
		return false;
	for (part = 0; part < 3; part++) {
		for (n = 0; *s >= '0' && *s <= '9'; n++)
			s++;
		if (n < 1 || n > (part ? 3 : 1) || *s != (part < 2 ? '.' : 0))
			return false;
		s++;
	}
	return true;
}

bool
job_via_duty(const char *via)
{
	size_t n = strlen(via);

	return n >= 4 && strcmp(via + n - 4, "/dsn") == 0;
}

/* what goes into logs, queue files and headers as one word */
static bool
is_word(const char *s)
{
	const char *from = s;

	while (*s > ' ' && *s <= '~')
		s++;
	return !*s && s - from <= JOB_VIA;
}

/* false: it is another report */
static bool
parse_exchangers(struct fields f, struct report *r)
{
	const char *letter = fields_next(&f);

	if (!letter || strcmp(letter, "S") != 0 || !(r->exchangers = fields_next(&f)) || fields_next(&f))
		return false;
	r->verdict = 'S';
	return *r->exchangers && is_word(r->exchangers);
}

static bool
parse_report(struct fields *f, struct report *r)
{
	const char *verdict, *scope;

	if (!fields_next_num(f, 0, UINT64_MAX, &r->number) || !fields_next_num(f, 0, UINT64_MAX, &r->index) ||
	    !(verdict = fields_next(f)) || !(r->status = fields_next(f)) || !(scope = fields_next(f)) ||
	    !fields_next_num(f, 0, UINT64_MAX, &r->wait_s) || !(r->via = fields_next(f)) || !is_word(r->via) || !(r->text = fields_next(f)) || fields_next(f))
		return false;
	r->verdict = verdict[0];
	r->site = scope[0] == 's';
	return verdict[0] && !verdict[1] && strchr("KZD", verdict[0]) && job_status(r->status) &&
	    strlen(r->text) <= JOB_TEXT && (scope[0] == 's' || scope[0] == 'm') && !scope[1];
}

enum job_result
report_get(int sock, char *space, struct report *r, int flags)
{
	struct fields f;
	int pass;
	enum job_result got = packet_receive(sock, space, JOB_PACKET, &f, &pass, flags);

	if (got != JOB_GOT)
		return got;
	if (pass >= 0)                  /* nobody was asked for one */
		close(pass);
	if (pass < 0 && (parse_exchangers(f, r) || parse_report(&f, r)))
		return JOB_GOT;
	errno = EPROTO;
	return JOB_BAD;
}

bool
job_param_put(struct buf *params, const char *name, const char *value)
{
	size_t had = params->len;

	return ((!had || buf_byte(params, ' ')) && buf_puts(params, name) &&
	    (!value || (buf_byte(params, '=') && percent_put(params, value, true)))) || (buf_cut(params, had), false);
}

bool
job_param_get(const char *params, const char *name, struct buf *value)
{
	size_t len = strlen(name), n;
	const char *s;

	if (value)
		buf_clear(value);
	for (s = params; *s; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		if (n < len || memcmp(s, name, len) != 0 || (n > len && s[len] != '='))
			continue;
		if (!value || n == len)
			return !value || buf_put(value, "", 0);
		if (percent_get(value, s + len + 1, n - len - 1) && (value->s || buf_put(value, "", 0)))
			return true;
		if (errno == EBADMSG)
			errno = EPROTO;
		return false;
	}
	errno = 0;
	return false;
}
