#include "smtp/parameters.h"

#include <string.h>
#include <strings.h>

#include "lib/num.h"
#include "mail/xtext.h"
#include "smtp/session.h"
#include "wire/envelope.h"

#define AUTH_SUBMITTER 500
#define SIZE_DIGITS 20                  /* RFC 1870 */

struct value {
	const char *s;                  /* 0: the word has no '=' */
	size_t n;
};

static bool
is(struct value v, const char *word)
{
	return v.n == strlen(word) && strncasecmp(v.s, word, v.n) == 0;
}

static const char *
take_size(const struct session *s, void *into, struct value v)
{
	struct mail_parameters *p = into;
	size_t i;

	(void)s;
	if (num_span(v.s, v.n, 0, UINT64_MAX, &p->size))
		return v.n <= SIZE_DIGITS ? 0 : "501 5.5.4 SIZE is not a number of at most 20 digits";
	for (i = 0; i < v.n && v.s[i] >= '0' && v.s[i] <= '9'; i++)
		;
	if (v.n == 0 || i < v.n || v.n > SIZE_DIGITS)
		return "501 5.5.4 SIZE is not a number of at most 20 digits";
	return "552 5.3.4 message too big";     /* more than 64 bits can say */
}

static const char *
take_body(const struct session *s, void *into, struct value v)
{
	struct mail_parameters *p = into;

	(void)s;
	p->eight = is(v, "8BITMIME");
	return p->eight || is(v, "7BIT") ? 0 : "501 5.5.4 BODY is 7BIT or 8BITMIME";
}

static const char *
take_utf8(const struct session *s, void *into, struct value v)
{
	struct mail_parameters *p = into;

	(void)s;
	p->utf8 = !v.s;
	return v.s ? "501 5.5.4 SMTPUTF8 has no value" : 0;
}

static const char *
take_ret(const struct session *s, void *into, struct value v)
{
	struct mail_parameters *p = into;

	(void)s;
	p->ret = is(v, "FULL") ? "FULL" : is(v, "HDRS") ? "HDRS" : 0;
	return p->ret ? 0 : "501 5.5.4 RET is FULL or HDRS";
}

static const char *
take_envid(const struct session *s, void *into, struct value v)
{
	struct mail_parameters *p = into;

	(void)s;
	if (!dsn_envid(v.s, v.n))
		return "501 5.5.4 ENVID is xtext of 1 to 100 bytes without controls";
	memcpy(p->envid, v.s, v.n);
	return 0;
}

static const char *
take_notify(const struct session *s, void *into, struct value v)
{
	struct rcpt_parameters *p = into;

	(void)s;
	p->notify = dsn_notify(v.s, v.n);
	return p->notify ? 0 : "501 5.5.4 NOTIFY is NEVER, or SUCCESS, FAILURE and DELAY with commas between them";
}

static const char *
take_orcpt(const struct session *s, void *into, struct value v)
{
	struct rcpt_parameters *p = into;

	if (!dsn_orcpt(v.s, v.n, s->utf8))
		return "501 5.5.4 ORCPT is an address type, a semicolon and xtext without controls, of at most 500 bytes";
	memcpy(p->orcpt, v.s, v.n);
	return 0;
}

/* what it says is not believed, so it goes no further (RFC 4954 5) */
static const char *
take_auth(const struct session *s, void *into, struct value v)
{
	(void)into;
	if (!auth_configured(s))
		return "555 5.5.4 unknown parameter";
	return (v.n == 2 && memcmp(v.s, "<>", 2) == 0) || (v.n <= AUTH_SUBMITTER && xtext_valid(v.s, v.n)) ? 0 :
	    "501 5.5.4 AUTH is <> or an address as xtext of at most 500 bytes";
}

struct parameter {
	const char *name, *missing;     /* the reply when it has no value; 0: it may have none */
	const char *twice;
	const char *(*take)(const struct session *, void *into, struct value);
};

static const struct parameter of_mail[] = {
	{ "SIZE", "501 5.5.4 SIZE needs a number", "501 5.5.4 SIZE given twice", take_size },
	{ "BODY", "501 5.5.4 BODY needs a value", "501 5.5.4 BODY given twice", take_body },
	{ "SMTPUTF8", 0, "501 5.5.4 SMTPUTF8 given twice", take_utf8 },
	{ "RET", "501 5.5.4 RET needs a value", "501 5.5.4 RET given twice", take_ret },
	{ "ENVID", "501 5.5.4 ENVID needs a value", "501 5.5.4 ENVID given twice", take_envid },
	{ "AUTH", "501 5.5.4 AUTH needs a value", "501 5.5.4 AUTH given twice", take_auth },
	{ 0, 0, 0, 0 }
};

static const struct parameter of_rcpt[] = {
	{ "NOTIFY", "501 5.5.4 NOTIFY needs a value", "501 5.5.4 NOTIFY given twice", take_notify },
	{ "ORCPT", "501 5.5.4 ORCPT needs a value", "501 5.5.4 ORCPT given twice", take_orcpt },
	{ 0, 0, 0, 0 }
};

/* one word of n bytes */
static const char *
take(const struct session *s, const struct parameter *table, const char *word, size_t n, unsigned *given, void *into)
{
	const char *equals = memchr(word, '=', n);
	size_t name = equals ? (size_t)(equals - word) : n;
	struct value v = { equals ? equals + 1 : 0, equals ? n - name - 1 : 0 };
	unsigned i;

	for (i = 0; table[i].name; i++) {
		if (strlen(table[i].name) != name || strncasecmp(table[i].name, word, name) != 0)
			continue;
		if (*given & 1u << i)
			return table[i].twice;
		*given |= 1u << i;
		return table[i].missing && v.n == 0 ? table[i].missing : table[i].take(s, into, v);
	}
	return "555 5.5.4 unknown parameter";
}

static const char *
take_all(const struct session *s, const struct parameter *table, const char *words, unsigned *given, void *into)
{
	const char *error = 0;
	size_t n;

	for (; *words && !error; words += n, words += strspn(words, " ")) {
		n = strcspn(words, " ");
		error = s->extended ? take(s, table, words, n, given, into) : "555 5.5.4 parameters need EHLO";
	}
	return error;
}

const char *
parameters_mail(const struct session *s, const char *words, struct mail_parameters *p)
{
	return take_all(s, of_mail, words, &p->given, p);
}

const char *
parameters_rcpt(const struct session *s, const char *words, struct rcpt_parameters *p)
{
	return take_all(s, of_rcpt, words, &p->given, p);
}

bool
parameters_put_mail(struct buf *b, const struct mail_parameters *p)
{
	return (!p->eight || envelope_param(b, 'B', "8BITMIME")) && (!p->utf8 || envelope_param(b, 'U', "1")) &&
	    (!p->ret || envelope_param(b, 'R', p->ret)) && (!*p->envid || envelope_param(b, 'E', p->envid));
}

bool
parameters_put_rcpt(struct buf *b, const struct rcpt_parameters *p)
{
	char notify[DSN_NOTIFY_TEXT];

	dsn_notify_text(notify, p->notify);
	return (!p->notify || envelope_param(b, 'N', notify)) && (!*p->orcpt || envelope_param(b, 'O', p->orcpt));
}
