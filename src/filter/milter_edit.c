#include "filter/milter_edit.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "mail/addr.h"
#include "mail/dsn.h"
#include "mail/idna.h"
#include "wire/envelope.h"

#define HEAD 5                          /* of a packet as we keep it: its letter, its length */

/* ---- what is in a packet */

/* exactly the n bytes as strings, from least to most of them; the rest of them is 0 */
static bool
strings(const char *s, size_t n, size_t least, size_t most, const char **out)
{
	const char *end = s + n, *stop;
	size_t k = 0;

	memset(out, 0, most * sizeof *out);
	while (s < end) {
		if (k == most || !(stop = memchr(s, 0, (size_t)(end - s))))
			return false;
		out[k++] = s;
		s = stop + 1;
	}
	return k >= least;
}

/* An address as milters write them, in <> or bare, as the envelope has it. One in UTF-8 needs no SMTPUTF8 of the message: who
 * sends it on sees what each address needs. Its domain is ASCII from here on, as that of an address from SMTP. */
static bool
address(const struct milter_edits *e, const char *s, bool empty, char out[ENVELOPE_ADDR + 1])
{
	const char *domain = e->domain;
	char path[ENVELOPE_ADDR];
	size_t n = strlen(s), used;
	struct addr a;

	if (n + 3 > sizeof path)
		return false;
	if (*s != '<') {
		path[0] = '<';
		memcpy(path + 1, s, n);
		memcpy(path + n + 1, ">", 2);
		s = path;
		n += 2;
	}
	if (addr_path_in(&a, s, n, &used, ADDR_UTF8) != ADDR_OK || used != n || (a.len == 0 && !empty) || !idna_addr(&a))
		return false;
	memcpy(out, a.s, a.len + 1);
	if (a.len == 0 || a.local < a.len)
		return true;
	if (a.len + strlen(domain) + 1 > ENVELOPE_ADDR)
		return false;
	out[a.len] = '@';
	strcpy(out + a.len + 1, domain);
	return true;
}

struct rcpt_parameters {
	char notify[DSN_NOTIFY_TEXT], orcpt[DSN_ORCPT + 1];     /* "": not given */
};

/* the value of this keyword, *k bytes; 0: it is another */
static const char *
value_of(const char *word, size_t n, const char *keyword, size_t *k)
{
	size_t len = strlen(keyword);

	if (n < len || strncasecmp(word, keyword, len) != 0)
		return 0;
	*k = n - len;
	return word + len;
}

/* false: not known, without sense, or there already */
static bool
rcpt_parameter(const char *word, size_t n, bool utf8, struct rcpt_parameters *p)
{
	const char *value;
	size_t k;

	if ((value = value_of(word, n, "NOTIFY=", &k)) && !*p->notify) {
		dsn_notify_text(p->notify, dsn_notify(value, k));
		return *p->notify;
	}
	if (!(value = value_of(word, n, "ORCPT=", &k)) || *p->orcpt || !dsn_orcpt(value, k, utf8))
		return false;
	memcpy(p->orcpt, value, k);
	p->orcpt[k] = 0;
	return true;
}

static void
rcpt_parameters(struct milter_edits *e, const char *s, struct rcpt_parameters *p)
{
	size_t n;

	p->notify[0] = p->orcpt[0] = 0;
	for (s = s ? s + strspn(s, " ") : ""; *s; s += n, s += strspn(s, " ")) {
		n = strcspn(s, " ");
		if (!rcpt_parameter(s, n, e->utf8, p) && !*e->ignored) {
			memcpy(e->ignored, s, n < MILTER_IGNORED ? n : MILTER_IGNORED);
			e->ignored[n < MILTER_IGNORED ? n : MILTER_IGNORED] = 0;
		}
	}
}

struct edit {
	char kind;
	uint32_t index;
	const char *word[2];            /* the second may be 0 where it is not needed */
	char address[ENVELOPE_ADDR + 1];
	struct rcpt_parameters parameters;
};

static bool
parse(struct milter_edits *edits, char kind, const char *s, size_t n, struct edit *e)
{
	e->kind = kind;
	e->parameters.notify[0] = e->parameters.orcpt[0] = 0;
	switch (kind) {
	case MILTER_INSERT_HEADER: case MILTER_CHANGE_HEADER:
		if (n < 4)
			return false;
		e->index = milter_get_uint32(s);
		s += 4;
		n -= 4;
		/* fall through */
	case MILTER_ADD_HEADER:
		return strings(s, n, 2, 2, e->word) && milter_name(e->word[0]);
	case MILTER_ADD_RCPT: case MILTER_DELETE_RCPT:
		return strings(s, n, 1, 1, e->word) && address(edits, e->word[0], false, e->address);
	case MILTER_ADD_RCPT_PAR:
		if (!strings(s, n, 1, 2, e->word) || !address(edits, e->word[0], false, e->address))
			return false;
		rcpt_parameters(edits, e->word[1], &e->parameters);
		return true;
	case MILTER_CHANGE_FROM:
		return strings(s, n, 1, 2, e->word) && address(edits, e->word[0], true, e->address);
	case MILTER_QUARANTINE:
		return strings(s, n, 1, 1, e->word);
	default:
		return false;
	}
}

/* ---- collecting */

void
milter_edits_init(struct milter_edits *e, char *space, const char *domain, bool utf8)
{
	e->b.max = MILTER_EDIT_BYTES;
	buf_clear(&e->b);
	e->count = 0;
	e->domain = domain;
	e->utf8 = utf8;
	e->ignored[0] = 0;
	milter_store_init(&e->store, space);
}

enum milter_taken
milter_edits_take(struct milter_edits *e, const struct milter_packet *p)
{
	static struct edit parsed;
	char length[4];

	if (p->reply == MILTER_REPLACE_BODY)
		return milter_store_add(&e->store, p->data, p->n) ? MILTER_TAKEN : MILTER_TAKE_TROUBLE;
	if (!p->reply || !strchr("him+-2eq", p->reply))
		return MILTER_NOT_AN_EDIT;
	errno = EPROTO;
	if (++e->count > MILTER_EDITS || !parse(e, p->reply, p->data, p->n, &parsed))
		return MILTER_TAKE_TROUBLE;
	milter_uint32(length, (uint32_t)p->n);
	if (!buf_byte(&e->b, p->reply) || !buf_put(&e->b, length, sizeof length) || !buf_put(&e->b, p->data, p->n))
		return MILTER_TAKE_TROUBLE;
	return MILTER_TAKEN;
}

void
milter_edits_drop(struct milter_edits *e)
{
	milter_store_drop(&e->store);
}

/* ---- carrying them out */

static bool
apply(const struct edit *e, struct milter_message *m, struct milter_envelope *v, bool spaced)
{
	const struct rcpt_parameters *p = &e->parameters;

	switch (e->kind) {
	case MILTER_ADD_HEADER:
		return milter_put(m, MILTER_LAST, e->word[0], e->word[1], spaced);
	case MILTER_INSERT_HEADER:
		return milter_put(m, e->index, e->word[0], e->word[1], spaced);
	case MILTER_CHANGE_HEADER:
		return milter_change(m, e->index, e->word[0], e->word[1], spaced);
	case MILTER_ADD_RCPT: case MILTER_ADD_RCPT_PAR:
		return milter_add_rcpt(v, e->address, *p->notify ? p->notify : 0, *p->orcpt ? p->orcpt : 0);
	case MILTER_DELETE_RCPT:
		milter_delete_rcpt(v, e->address);
		return true;
	case MILTER_CHANGE_FROM:
		return milter_set_sender(v, e->address);
	default:
		milter_hold(v, e->word[0]);
		return true;
	}
}

bool
milter_edits_apply(struct milter_edits *e, struct milter_message *m, struct milter_envelope *v, bool spaced)
{
	static struct edit parsed;
	const char *s;
	size_t at, n;

	for (at = 0; at < e->b.len; at += HEAD + n) {
		s = e->b.s + at;
		n = milter_get_uint32(s + 1);
		errno = EPROTO;
		if (!parse(e, *s, s + HEAD, n, &parsed) || !apply(&parsed, m, v, spaced))
			return false;
	}
	return !e->store.begun || (milter_store_end(&e->store) && milter_replace(m, &e->store.body));
}
