#include "mail/received.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "mail/date.h"

#define WORD ".-_:[]"
#define LOGIN WORD "@!#$%&'*+/=^`{|}~"          /* an address among others: atoms of RFC 5322, which mean nothing in a comment */

static bool
plain(char c, const char *besides)
{
	return ascii_alnum(c) || (c && strchr(besides, c));
}

static bool
put(struct buf *b, const char *s, const char *besides)
{
	size_t n;

	for (n = 0; s[n]; n++) {
		if (n == RECEIVED_WORD)
			return buf_puts(b, "...");
		if (!buf_byte(b, plain(s[n], besides) ? s[n] : '?'))
			return false;
	}
	return true;
}

static bool
put_word(struct buf *b, const char *s)
{
	return put(b, s, WORD);
}

bool
received_literal(struct buf *b, const char *ip)
{
	if (strncasecmp(ip, "::ffff:", 7) == 0 && strchr(ip, '.'))
		ip += 7;                                /* IPv4 seen through an IPv6 socket */
	return buf_puts(b, strchr(ip, ':') ? "[IPv6:" : "[") && put_word(b, ip) && buf_byte(b, ']');
}

static bool
known(const char *s)
{
	return s && *s;
}

static bool
put_from(struct buf *b, const struct received *r)
{
	if (!buf_puts(b, "Received: from ") || !put_word(b, known(r->helo) ? r->helo : "unknown"))
		return false;
	if (!known(r->ip))
		return true;
	if (!buf_puts(b, " (") || (known(r->host) && (!put_word(b, r->host) || !buf_byte(b, ' '))))
		return false;
	return received_literal(b, r->ip) && buf_byte(b, ')');
}

/* words of the program that does TLS: blanks between them stay */
static bool
put_tls(struct buf *b, const char *words)
{
	size_t n;

	if (!known(words))
		return true;
	if (!buf_puts(b, " ("))
		return false;
	for (n = 0; words[n] && n < RECEIVED_WORD; n++)
		if (!buf_byte(b, plain(words[n], " " WORD) ? words[n] : '?'))
			return false;
	return buf_byte(b, ')');
}

bool
received_put(struct buf *b, const struct received *r)
{
	size_t had = b->len;
	char date[DATE_RFC5322];

	date_rfc5322(date, r->now_s);
	if (put_from(b, r) &&
	    (!known(r->ident) || (buf_puts(b, " (ident ") && put_word(b, r->ident) && buf_byte(b, ')'))) &&
	    (!known(r->login) || (buf_puts(b, " (login ") && put(b, r->login, LOGIN) && buf_byte(b, ')'))) &&
	    buf_puts(b, "\n\tby ") && put_word(b, r->by) && buf_puts(b, " with ") && put_word(b, r->with) && put_tls(b, r->tls) &&
	    (!known(r->id) || (buf_puts(b, " id ") && put_word(b, r->id))) && buf_puts(b, "; ") && buf_puts(b, date) && buf_byte(b, '\n'))
		return true;
	buf_cut(b, had);
	return false;
}
