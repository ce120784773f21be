#include "wire/queuefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/num.h"
#include "mail/dsn.h"
#include "wire/percent.h"

/* where each field of the header begins; between them stands one space */
enum { AT_LENGTH = 6, AT_ARRIVAL = 26, AT_UID = 44, AT_PID = 55, AT_SUM = 66, AT_NL = 82 };
_Static_assert(AT_NL + 1 == QF_HEADER, "the header ends with its newline");

static void
zero_filled(char *p, size_t width, uint64_t n)
{
	while (width--) {
		p[width] = (char)('0' + n % 10);
		n /= 10;
	}
}

void
qf_header_put(char out[QF_HEADER], const struct qf_header *h)
{
	int i;

	memset(out, ' ', QF_HEADER);
	memcpy(out, "pneu1", 5);
	zero_filled(out + AT_LENGTH, 19, h->length);
	zero_filled(out + AT_ARRIVAL, 17, h->arrival_us);
	zero_filled(out + AT_UID, 10, h->uid);
	zero_filled(out + AT_PID, 10, h->pid);
	for (i = 0; i < 16; i++)
		out[AT_SUM + i] = h->summed ? "0123456789abcdef"[h->sum >> (60 - 4 * i) & 15] : '-';
	out[AT_NL] = '\n';
}

static bool
get_sum(const char *s, struct qf_header *h)
{
	int i;

	h->sum = 0;
	h->summed = memcmp(s, "----------------", 16) != 0;
	for (i = 0; h->summed && i < 16; i++) {
		const char *d = memchr("0123456789abcdef", s[i], 16);

		if (!d)
			return false;
		h->sum = h->sum << 4 | (uint64_t)(d - "0123456789abcdef");
	}
	return true;
}

bool
qf_header_get(const char in[QF_HEADER], struct qf_header *h)
{
	return memcmp(in, "pneu1 ", 6) == 0 && in[AT_ARRIVAL - 1] == ' ' && in[AT_UID - 1] == ' ' &&
	    in[AT_PID - 1] == ' ' && in[AT_SUM - 1] == ' ' && in[AT_NL] == '\n' &&
	    num_span(in + AT_LENGTH, 19, 0, INT64_MAX, &h->length) &&
	    num_span(in + AT_ARRIVAL, 17, 0, UINT64_MAX, &h->arrival_us) &&
	    num_span(in + AT_UID, 10, 0, UINT64_MAX, &h->uid) &&
	    num_span(in + AT_PID, 10, 0, UINT64_MAX, &h->pid) && get_sum(in + AT_SUM, h);
}

/* eight bytes, the first one lowest; written out, so that compilers make one load of it */
static uint64_t
eight(const unsigned char *p)
{
	return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t
fold(uint64_t h, uint64_t word, size_t bytes)
{
	h = (h ^ word ^ bytes) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

/* Finds bytes that never reached the disk, not forgers: eight bytes at a time, multiply and fold. */
uint64_t
qf_sum(uint64_t h, const void *from, size_t n)
{
	const unsigned char *p = from;
	unsigned char last[8] = { 0 };

	for (; n >= 8; p += 8, n -= 8)
		h = fold(h, eight(p), 8);
	if (n == 0)
		return h;
	memcpy(last, p, n);
	return fold(h, eight(last), n);
}

bool
qf_put_envelope(struct buf *b, char letter, const char *value)
{
	size_t had = b->len;

	return (buf_byte(b, letter) && percent_put(b, value, false) && buf_byte(b, '\n')) || (buf_cut(b, had), false);
}

bool
qf_put_end(struct buf *b)
{
	return buf_put(b, ".\n", 2);
}

static bool
put_start(struct buf *b, char letter, size_t n, int64_t when)
{
	return buf_byte(b, letter) && buf_num(b, n) && buf_byte(b, ' ') && buf_num(b, when > 0 ? (uint64_t)when : 0) && buf_byte(b, ' ');
}

static bool
put_word(struct buf *b, const char *word)
{
	return percent_put(b, word, true) && buf_byte(b, ' ');
}

static bool
put_rest(struct buf *b, const char *text)
{
	return percent_put(b, text, false) && buf_byte(b, '\n');
}

bool
qf_put_attempt(struct buf *b, char letter, size_t n, int64_t when, const char *status, const char *via, const char *text)
{
	size_t had = b->len;
	bool way = (via && *via) || *text == '@';

	return (put_start(b, letter, n, when) && (!status || put_word(b, status)) &&
	    (!way || (buf_byte(b, '@') && put_word(b, via ? via : ""))) && put_rest(b, text)) || (buf_cut(b, had), false);
}

bool
qf_put_bounced(struct buf *b, size_t n, int64_t when, const char *id)
{
	size_t had = b->len;

	return (put_start(b, 'b', n, when) && put_rest(b, id)) || (buf_cut(b, had), false);
}

bool
qf_put_told(struct buf *b, size_t n, int64_t when, const char *action, const char *id)
{
	size_t had = b->len;

	return (put_start(b, 'w', n, when) && put_word(b, action) && put_rest(b, id)) || (buf_cut(b, had), false);
}

bool
qf_put_expansion(struct buf *b, size_t n, int64_t when, size_t count, const char *why)
{
	return put_start(b, 'x', n, when) && buf_num(b, count) && buf_byte(b, ' ') && put_rest(b, why);
}

bool
qf_put_child_sender(struct buf *b, const char *sender)
{
	return buf_byte(b, '<') && percent_put(b, sender, false) && buf_byte(b, '\n');
}

bool
qf_put_child(struct buf *b, char kind, const char *text)
{
	return buf_byte(b, '+') && buf_byte(b, kind) && buf_byte(b, ' ') && percent_put(b, text, false) && buf_byte(b, '\n');
}

bool
qf_put_operator(struct buf *b, int64_t when, uint64_t uid, const char *action, const char *text)
{
	size_t had = b->len;

	return (buf_byte(b, 'o') && buf_num(b, when > 0 ? (uint64_t)when : 0) && buf_byte(b, ' ') && buf_num(b, uid) && buf_byte(b, ' ') &&
	    put_word(b, action) && put_rest(b, text)) || (buf_cut(b, had), false);
}

/* append the string s..end, unescaped, to strings */
static bool
keep(struct qf *q, const char *s, const char *end, uint32_t *offset)
{
	*offset = (uint32_t)q->strings.len;
	return buf_room(&q->strings, (size_t)(end - s) + 1) && percent_get(&q->strings, s, (size_t)(end - s)) &&
	    buf_byte(&q->strings, 0);
}

static bool
grow(struct qf *q)
{
	if (q->rcpts == q->room) {
		size_t room = q->room ? q->room * 2 : 1;
		struct qf_rcpt *r = realloc(q->rcpt, room * sizeof *r);

		if (!r)
			return false;
		q->rcpt = r;
		q->room = room;
	}
	memset(&q->rcpt[q->rcpts], 0, sizeof q->rcpt[0]);
	return true;
}

static bool
add_rcpt(struct qf *q, const char *s, const char *end)
{
	if (!grow(q) || !keep(q, s, end, &q->rcpt[q->rcpts].addr))
		return false;
	q->injected = ++q->rcpts;
	return true;
}

uint32_t
qf_keep(struct qf *q, const char *s)
{
	uint32_t at = (uint32_t)q->strings.len;

	return buf_put(&q->strings, s, strlen(s) + 1) ? at : 0;
}

/* there is room for it */
static void
put_child(struct qf *q, size_t parent, char kind, uint32_t sender, uint32_t addr)
{
	q->rcpt[q->rcpts++] = (struct qf_rcpt){ .addr = addr, .sender = sender, .parent = (uint32_t)parent + 1,
		.kind = (uint8_t)kind };
	q->rcpt[parent].into = q->rcpt[parent].into || qf_of_list(q, q->rcpts - 1) ? 2 : 1;
}

bool
qf_add_child(struct qf *q, size_t parent, char kind, uint32_t sender, const char *text)
{
	uint32_t addr;

	if (!grow(q) || !(addr = qf_keep(q, text)))
		return false;
	put_child(q, parent, kind, sender, addr);
	return true;
}

void
qf_drop_children(struct qf *q, size_t parent, size_t first)
{
	q->rcpts = first;
	q->rcpt[parent].into = 0;
}

/* the decimal number up to the next space, which *s passes */
static bool
number(const char **s, const char *end, uint64_t max, uint64_t *n)
{
	const char *space = memchr(*s, ' ', (size_t)(end - *s));

	if (!space || !num_span(*s, (size_t)(space - *s), 0, max, n))
		return false;
	*s = space + 1;
	return true;
}

struct piece { const char *s, *end; };

/* a line behind its letter, taken apart */
struct line {
	uint64_t rcpt, when;
	struct piece word, via, text;           /* word: the status of z and d, the action of w; s 0: there is none */
};

/* the word at *s, which goes behind the space after it. false: there is none */
static bool
take_word(const char **s, const char *end, struct piece *word)
{
	const char *space = memchr(*s, ' ', (size_t)(end - *s));

	if (!space)
		return false;
	*word = (struct piece){ *s, space };
	*s = space + 1;
	return true;
}

static bool
take_line(struct line *l, char letter, const char *s, const char *end)
{
	memset(l, 0, sizeof *l);
	errno = EBADMSG;
	if (letter == 'o' ? !number(&s, end, INT64_MAX, &l->when) || !number(&s, end, UINT32_MAX, &l->rcpt) :
	    !number(&s, end, UINT32_MAX, &l->rcpt) || !number(&s, end, INT64_MAX, &l->when))
		return false;
	if (memchr("zdwxo", letter, 5) && !take_word(&s, end, &l->word))
		return false;
	if (memchr("kzd", letter, 3) && s < end && *s == '@' && take_word(&s, end, &l->via))
		l->via.s++;
	l->text = (struct piece){ s, end };
	return true;
}

static bool
keep_way(struct qf *q, const struct line *l, struct qf_rcpt *r)
{
	uint32_t at;

	r->via = 0;
	if (l->via.s == l->via.end)
		return true;
	if (!keep(q, l->via.s, l->via.end, &at))
		return false;
	if (q->via_last && strcmp(qf_string(q, q->via_last), qf_string(q, at)) == 0)
		buf_cut(&q->strings, at);
	else
		q->via_last = at;
	r->via = q->via_last;
	return true;
}

/* as job_via_duty has it (wire/job.h) */
static bool
is_duty(const struct piece *via)
{
	return via->end - via->s >= 4 && memcmp(via->end - 4, "/dsn", 4) == 0;
}

static bool
replay_attempt(struct qf *q, char letter, const struct line *l)
{
	struct qf_rcpt *r = &q->rcpt[l->rcpt];
	size_t n = (size_t)(l->word.end - l->word.s);

	if (n >= sizeof r->status)
		return false;
	if (n)
		memcpy(r->status, l->word.s, n);
	r->status[n] = 0;
	r->when_s = (uint32_t)l->when;
	if (letter == 'k' && is_duty(&l->via))
		r->dsn |= QF_TOLD_END;                  /* by the next hop */
	/* what it says of a delivery nobody wants to know, mostly */
	if (letter == 'k' && !(qf_notify(q, (size_t)l->rcpt) & DSN_SUCCESS))
		return true;
	return keep(q, l->text.s, l->text.end, &r->last) && keep_way(q, l, r);
}

static bool
replay_history(struct qf *q, char letter, const char *s, const char *end)
{
	struct qf_rcpt *r;
	struct line l;

	if (!take_line(&l, letter, s, end) || l.rcpt >= q->rcpts)
		return false;
	r = &q->rcpt[l.rcpt];
	q->history = true;
	if (letter == 'w') {
		bool delayed = l.word.end - l.word.s == 7 && memcmp(l.word.s, "delayed", 7) == 0;

		r->dsn |= delayed ? QF_TOLD_DELAY : QF_TOLD_END;
		return true;
	}
	if (r->state == QF_DELIVERED || r->state == QF_BOUNCED || r->state == QF_EXPANDED)
		return true;                            /* a later copy says nothing new */
	if (letter != 'b' && !replay_attempt(q, letter, &l))
		return false;
	r->tries += letter == 'z';
	r->state = letter == 'k' ? QF_DELIVERED : letter == 'd' ? QF_FAILED : letter == 'b' ? QF_BOUNCED : QF_WAITING;
	return true;
}

static bool
is_word(const struct piece *p, const char *word)
{
	return (size_t)(p->end - p->s) == strlen(word) && memcmp(p->s, word, strlen(word)) == 0;
}

/* what an operator did; actions that are not known here change nothing */
static bool
replay_operator(struct qf *q, const char *s, const char *end)
{
	struct piece action;
	uint64_t when, uid;

	if (!number(&s, end, INT64_MAX, &when) || !number(&s, end, UINT64_MAX, &uid) || !take_word(&s, end, &action))
		return false;
	if (is_word(&action, "release"))
		q->released = true;
	else if (is_word(&action, "expire"))
		q->expired = true;
	else if (is_word(&action, "delete"))
		q->deleted_held = is_word(&(struct piece){ s, end }, "held");
	else if (is_word(&action, "route") && s == end)
		q->route = 0;
	else if (is_word(&action, "route"))
		return keep(q, s, end, &q->route);
	return true;
}

/* ---- an expansion, while its lines are read */

struct expansion {
	uint64_t left;                  /* lines to come; 0: none is being read */
	size_t parent, first;           /* where its recipients begin */
	uint32_t sender;
	bool again;                     /* it stands there twice */
};

static void
expansion_end(struct qf *q, struct expansion *x, bool whole)
{
	if (!whole && x->again)
		q->rcpts = x->first;
	else if (!whole)
		qf_drop_children(q, x->parent, x->first);
	else if (!x->again)
		q->rcpt[x->parent].state = QF_EXPANDED;
	x->left = 0;
}

static bool
replay_expansion(struct qf *q, struct expansion *x, const char *s, const char *end)
{
	uint64_t n, when;

	if (!q->rcpts || !number(&s, end, q->rcpts - 1, &n) || !number(&s, end, INT64_MAX, &when) ||
	    !number(&s, end, UINT32_MAX, &x->left))
		return false;
	q->history = true;
	x->parent = (size_t)n;
	x->first = q->rcpts;
	x->sender = q->rcpt[n].sender;
	x->again = q->rcpt[n].state == QF_EXPANDED || q->rcpt[n].state == QF_DELIVERED || q->rcpt[n].state == QF_BOUNCED;
	if (x->left == 0)
		expansion_end(q, x, true);
	return true;
}

static bool
replay_child(struct qf *q, struct expansion *x, const char *s, const char *end)
{
	uint32_t addr;

	if (*s == '<') {
		if (!keep(q, s + 1, end, &x->sender))
			return false;
	} else {
		if (end - s < 4 || !memchr("anmfpil", s[1], 7) || s[2] != ' ')
			return false;
		if (!x->again) {
			if (!grow(q) || !keep(q, s + 3, end, &addr))
				return false;
			put_child(q, x->parent, s[1], x->sender, addr);
		}
	}
	if (--x->left == 0)
		expansion_end(q, x, true);
	return true;
}

static bool
replay_after(struct qf *q, struct expansion *x, const char *s, const char *end)
{
	if (*s == '+' || *s == '<')
		return x->left && replay_child(q, x, s, end);
	if (x->left)
		expansion_end(q, x, false);
	if (*s == 'o')
		return replay_operator(q, s + 1, end);
	return *s == 'x' ? replay_expansion(q, x, s + 1, end) : memchr("kzdbw", *s, 5) && replay_history(q, *s, s + 1, end);
}

/* what its last recipient was given for reports; a NOTIFY that makes no sense is none */
static bool
replay_dsn(struct qf *q, const char *s, const char *end)
{
	struct qf_rcpt *r = &q->rcpt[q->rcpts - 1];
	uint32_t offset;

	if (*s == 'N') {
		r->dsn = (uint8_t)((r->dsn & QF_ORCPT) | dsn_notify(s + 1, (size_t)(end - s - 1)));
		return true;
	}
	if (r->dsn & QF_ORCPT)
		return true;
	r->dsn |= QF_ORCPT;
	return keep(q, s + 1, end, &offset);
}

/* what is neither is as good as nothing */
static enum qf_ret
ret_word(const char *s, const char *end)
{
	if (end - s != 4)
		return QF_RET_UNSAID;
	return strncasecmp(s, "HDRS", 4) == 0 ? QF_RET_HDRS : strncasecmp(s, "FULL", 4) == 0 ? QF_RET_FULL : QF_RET_UNSAID;
}

static bool
replay_lifetime(struct qf *q, const char *s, const char *end)
{
	uint64_t n;

	if (!num_span(s, (size_t)(end - s), 1, UINT32_MAX, &n))
		return false;
	q->lifetime_s = (uint32_t)n;
	return true;
}

/* one line without its newline; *ended says whether the '.' has been; false: errno EBADMSG or ENOMEM */
static bool
replay(struct qf *q, struct expansion *x, const char *s, const char *end, bool *ended)
{
	char letter = s < end ? *s : 0;

	errno = EBADMSG;
	if (letter && *ended)
		return replay_after(q, x, s, end);
	switch (letter) {
	case 'F':
		return !q->sender && keep(q, s + 1, end, &q->sender);
	case 'T':
		return q->sender && add_rcpt(q, s + 1, end);
	case 'B':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->body);
	case 'A':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->login);
	case 'C':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->client);
	case 'H':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->hold);
	case 'L':
		return q->sender && !q->rcpts && replay_lifetime(q, s + 1, end);
	case 'W':
		q->forwarded = end - s == 2 && s[1] == '1';
		return q->sender && !q->rcpts;
	case 'E':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->envid);
	case 'R':
		q->ret = ret_word(s + 1, end);
		return q->sender && !q->rcpts;
	case 'U':
		q->utf8 = true;
		return q->sender && !q->rcpts;
	case 'N': case 'O':
		return q->rcpts && replay_dsn(q, s, end);
	case '.':
		*ended = true;
		return q->rcpts && end - s == 1;
	default:
		return false;
	}
}

/* the records in s[0..n]: q->size grows by the whole ones */
static enum qf_result
replay_all(struct qf *q, const char *s, size_t n, size_t *envelope)
{
	const char *at = s, *end = s + n, *nl;
	struct expansion x = { 0 };
	bool ended = false;

	while (at < end && (nl = memchr(at, '\n', (size_t)(end - at)))) {
		if (!replay(q, &x, at, nl, &ended)) {
			if (errno == ENOMEM)
				return QF_TROUBLE;
			return ended ? QF_DAMAGED : QF_INCOMPLETE;
		}
		at = nl + 1;
		if (ended && !*envelope)
			*envelope = (size_t)(at - s);
	}
	if (x.left)
		expansion_end(q, &x, false);
	q->size += (uint64_t)(at - s);
	return ended ? QF_OK : QF_INCOMPLETE;
}

static enum qf_result
verify_sum(struct qf *q, int fd, size_t envelope)
{
	char space[65536];
	uint64_t at = QF_HEADER, left = q->header.length + envelope, sum = 0;

	while (left) {
		size_t want = left < sizeof space ? (size_t)left : sizeof space;
		ssize_t r = fd_pread(fd, space, want, (off_t)at);

		if (r < 0)
			return QF_TROUBLE;
		if ((size_t)r < want)
			return QF_INCOMPLETE;
		sum = qf_sum(sum, space, want);
		at += want;
		left -= want;
	}
	return sum == q->header.sum ? QF_OK : QF_INCOMPLETE;
}

static void
reset(struct qf *q)
{
	q->strings.max = QF_RECORDS;
	buf_clear(&q->strings);
	q->sender = q->body = q->envid = q->login = q->client = q->hold = q->lifetime_s = q->via_last = q->route = 0;
	q->rcpts = 0;
	q->history = q->forwarded = q->utf8 = q->expired = q->released = q->deleted_held = false;
	q->ret = QF_RET_UNSAID;
}

enum qf_result
qf_load(struct qf *q, int fd, bool check_sum)
{
	char space[16384];              /* a small message and all its records come with one read */
	struct buf records = BUF(QF_RECORDS);
	struct stat st;
	const char *s;
	size_t envelope = 0;
	enum qf_result r = QF_TROUBLE;
	ssize_t n, want;
	uint64_t records_size, records_at;

	reset(q);
	if (!buf_byte(&q->strings, 0) || fstat(fd, &st) != 0)
		return QF_TROUBLE;
	want = st.st_size < (off_t)sizeof space ? (ssize_t)st.st_size : (ssize_t)sizeof space;
	if ((n = fd_pread(fd, space, (size_t)want, 0)) < 0)
		return QF_TROUBLE;
	if (n < QF_HEADER || !qf_header_get(space, &q->header))
		return QF_INCOMPLETE;           /* whole headers are written with the first write or the last */
	/* a reader beside the runner may see it shrink: a torn record is cut before the next one is written */
	q->file_size = n < want ? (uint64_t)n : (uint64_t)st.st_size;
	q->mtime_s = (int64_t)st.st_mtime;
	if (q->header.length > q->file_size - QF_HEADER)
		return QF_INCOMPLETE;
	records_at = q->size = QF_HEADER + q->header.length;
	records_size = q->file_size - records_at;
	if (q->file_size <= (uint64_t)n)
		s = space + records_at;
	else {
		if (records_size > QF_RECORDS)
			return QF_DAMAGED;
		if (!buf_room(&records, (size_t)records_size) ||
		    fd_pread(fd, records.s, (size_t)records_size, (off_t)records_at) != (ssize_t)records_size)
			goto out;
		s = records.s;
	}
	r = replay_all(q, s, (size_t)records_size, &envelope);
	if (r == QF_OK && check_sum && q->header.summed)
		r = verify_sum(q, fd, envelope);
out:
	buf_free(&records);
	return r;
}

bool
qf_append(struct qf *q, const char *path, const struct buf *records)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), e;
	bool ok;

	if (fd < 0)
		return false;
	ok = (q->file_size <= q->size || ftruncate(fd, (off_t)q->size) == 0) && fd_pwrite(fd, records->s, records->len, (off_t)q->size);
	if (ok) {
		q->size += records->len;
		q->file_size = q->size;
	} else {
		e = errno;
		if (ftruncate(fd, (off_t)q->size) != 0)
			e = errno;              /* half a record stays; a reader ignores it, the next write cuts it */
		errno = e;
	}
	if (close(fd) != 0)
		ok = false;
	return ok;
}

void
qf_free(struct qf *q)
{
	buf_free(&q->strings);
	free(q->rcpt);
	q->rcpt = 0;
	q->rcpts = q->room = 0;
}

const char *
qf_string(const struct qf *q, uint32_t offset)
{
	return q->strings.s + offset;
}

const char *
qf_sender(const struct qf *q, size_t i)
{
	return qf_string(q, q->rcpt[i].sender ? q->rcpt[i].sender : q->sender);
}

size_t
qf_root(const struct qf *q, size_t i)
{
	while (q->rcpt[i].parent)
		i = q->rcpt[i].parent - 1;
	return i;
}

bool
qf_of_list(const struct qf *q, size_t i)
{
	const char *sender = qf_sender(q, i);

	return sender != qf_string(q, q->sender) && strcmp(sender, qf_string(q, q->sender)) != 0;
}

unsigned
qf_notify(const struct qf *q, size_t i)
{
	unsigned bits;
	bool one = true;

	if (qf_of_list(q, i))
		return 0;
	for (; q->rcpt[i].parent; i = q->rcpt[i].parent - 1)
		one = one && q->rcpt[q->rcpt[i].parent - 1].into == 1;
	bits = q->rcpt[i].dsn & (DSN_NEVER | DSN_SUCCESS | DSN_FAILURE | DSN_DELAY);
	if (one || !(bits & DSN_SUCCESS))
		return bits;
	bits &= ~(unsigned)DSN_SUCCESS;
	return bits ? bits : DSN_NEVER;
}

const char *
qf_orcpt(const struct qf *q, size_t i)
{
	const struct qf_rcpt *root = &q->rcpt[qf_root(q, i)];
	const char *address = qf_string(q, root->addr);

	return root->dsn & QF_ORCPT && !qf_of_list(q, i) ? address + strlen(address) + 1 : 0;
}

bool
qf_believed(const struct qf *q, uid_t owner, uid_t server)
{
	return q->header.uid == 0 || q->header.uid == owner || q->header.uid == server;
}

const char *
qf_address(const struct qf *q, size_t i)
{
	switch (q->rcpt[i].kind) {
	case QF_FILE: case QF_PROGRAM: case QF_INCLUDE: case QF_NESTED:
		i = qf_root(q, i);
		break;
	default:
		break;
	}
	return qf_string(q, q->rcpt[i].addr);
}

/* ---- what happened */

static bool
text_of(struct buf *b, const struct piece *p)
{
	buf_clear(b);
	return buf_room(b, (size_t)(p->end - p->s) + 1) && (p->s == p->end || percent_get(b, p->s, (size_t)(p->end - p->s))) &&
	    buf_byte(b, 0);
}

/* the lines behind the end of the envelope */
static bool
tell_all(const char *s, const char *end, struct buf field[3], void (*tell)(void *, const struct qf_event *), void *arg)
{
	const char *nl;
	struct line l;

	for (; s < end && (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1) {
		struct qf_event e = { .letter = *s };

		if (!memchr("kzdbwxo", *s, 7))
			continue;
		if (!take_line(&l, *s, s + 1, nl) || !text_of(&field[0], &l.word) || !text_of(&field[1], &l.via) || !text_of(&field[2], &l.text))
			return false;
		e.rcpt = (size_t)l.rcpt;
		e.when_s = (int64_t)l.when;
		e.status = field[0].s;
		e.via = field[1].s;
		e.text = field[2].s;
		tell(arg, &e);
	}
	return true;
}

bool
qf_history(const struct qf *q, int fd, void (*tell)(void *, const struct qf_event *), void *arg)
{
	struct buf records = BUF(QF_RECORDS), field[3] = { BUF(QF_RECORDS), BUF(QF_RECORDS), BUF(QF_RECORDS) };
	uint64_t at = QF_HEADER + q->header.length;
	size_t n = (size_t)(q->size - at), i;
	const char *begin;
	bool ok = false;

	if (!buf_room(&records, n))
		return false;
	errno = EBADMSG;                        /* it has become shorter */
	if (fd_pread(fd, records.s, n, (off_t)at) == (ssize_t)n) {
		begin = memmem(records.s, n, "\n.\n", 3);
		ok = begin && tell_all(begin + 3, records.s + n, field, tell, arg);
	}
	buf_free(&records);
	for (i = 0; i < 3; i++)
		buf_free(&field[i]);
	return ok;
}
