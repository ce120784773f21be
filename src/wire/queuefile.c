#include "wire/queuefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

/* Finds bytes that never reached the disk, not forgers: eight bytes at a time, multiply and fold. */
uint64_t
qf_sum(uint64_t h, const void *from, size_t n)
{
	const unsigned char *p = from;
	uint64_t w;

	while (n) {
		size_t k = n < 8 ? n : 8;
		size_t i;

		for (w = 0, i = 0; i < k; i++)
			w |= (uint64_t)p[i] << (8 * i);
		h = (h ^ w ^ k) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
		p += k;
		n -= k;
	}
	return h;
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

bool
qf_put_history(struct buf *b, char letter, size_t n, int64_t when, const char *status, const char *text)
{
	size_t had = b->len;

	return (buf_byte(b, letter) && buf_num(b, n) && buf_byte(b, ' ') &&
	    buf_num(b, when > 0 ? (uint64_t)when : 0) && buf_byte(b, ' ') &&
	    (!status || (percent_put(b, status, false) && buf_byte(b, ' '))) && percent_put(b, text, false) && buf_byte(b, '\n')) ||
	    (buf_cut(b, had), false);
}

bool
qf_put_expansion(struct buf *b, size_t n, int64_t when, size_t count, const char *why)
{
	return buf_byte(b, 'x') && buf_num(b, n) && buf_byte(b, ' ') && buf_num(b, when > 0 ? (uint64_t)when : 0) &&
	    buf_byte(b, ' ') && buf_num(b, count) && buf_byte(b, ' ') && percent_put(b, why, false) && buf_byte(b, '\n');
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

bool
qf_add_child(struct qf *q, size_t parent, char kind, uint32_t sender, const char *text)
{
	uint32_t addr;

	if (!grow(q) || !(addr = qf_keep(q, text)))
		return false;
	q->rcpt[q->rcpts++] = (struct qf_rcpt){ .addr = addr, .sender = sender, .parent = (uint32_t)parent + 1,
		.kind = (uint8_t)kind };
	return true;
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

static bool
replay_history(struct qf *q, char letter, const char *s, const char *end)
{
	struct qf_rcpt *r;
	uint64_t n, when;
	const char *space;

	errno = EBADMSG;
	if (!q->rcpts || !number(&s, end, q->rcpts - 1, &n) || !number(&s, end, INT64_MAX, &when))
		return false;
	r = &q->rcpt[n];
	q->history = true;
	if (r->state == QF_DELIVERED || r->state == QF_BOUNCED || r->state == QF_EXPANDED)
		return true;                            /* a later copy says nothing new */
	if (letter == 'z' || letter == 'd') {
		if (!(space = memchr(s, ' ', (size_t)(end - s))) || space - s >= (ptrdiff_t)sizeof r->status)
			return false;
		memcpy(r->status, s, (size_t)(space - s));
		r->status[space - s] = 0;
		s = space + 1;
		if (!keep(q, s, end, &r->last))
			return false;
	}
	r->tries += letter == 'z';
	r->state = letter == 'k' ? QF_DELIVERED : letter == 'd' ? QF_FAILED : letter == 'b' ? QF_BOUNCED : QF_WAITING;
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
	if (!whole)
		q->rcpts = x->first;
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
			q->rcpt[q->rcpts++] = (struct qf_rcpt){ .addr = addr, .sender = x->sender,
				.parent = (uint32_t)x->parent + 1, .kind = (uint8_t)s[1] };
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
	return *s == 'x' ? replay_expansion(q, x, s + 1, end) : memchr("kzdb", *s, 4) && replay_history(q, *s, s + 1, end);
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
	case 'H':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->hold);
	case 'W':
		q->forwarded = end - s == 2 && s[1] == '1';
		return q->sender && !q->rcpts;
	case 'E':
		return q->sender && !q->rcpts && keep(q, s + 1, end, &q->envid);
	case 'R':
		q->headers = end - s == 5 && strncasecmp(s + 1, "HDRS", 4) == 0;
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
	q->sender = q->body = q->envid = q->hold = 0;
	q->rcpts = 0;
	q->history = q->forwarded = q->utf8 = q->headers = false;
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
	return qf_of_list(q, i) ? 0 : q->rcpt[qf_root(q, i)].dsn & ~(unsigned)QF_ORCPT;
}

const char *
qf_orcpt(const struct qf *q, size_t i)
{
	const struct qf_rcpt *root = &q->rcpt[qf_root(q, i)];
	const char *address = qf_string(q, root->addr);

	return root->dsn & QF_ORCPT && !qf_of_list(q, i) ? address + strlen(address) + 1 : 0;
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
