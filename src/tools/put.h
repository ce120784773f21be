/* put - words of strangers, dates and numbers, as the tools show them: masked for people, escaped for programs */
#ifndef TOOLS_PUT_H
#define TOOLS_PUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/out.h"
#include "mail/date.h"

/* ---- text: a newline becomes '/', what is not printable ASCII '?' */
void put_masked(struct out *, const char *);
void put_masked_n(struct out *, const char *, size_t n);
void put_escaped(struct out *, const char *);           /* one word, nothing lost: %XX */

/* neighbours in a list often share their second, so the last date is kept; zeroed at first */
struct put_date {
	int64_t s;
	char text[DATE_RFC5322];        /* "": none yet */
};
void put_date(struct out *, int64_t s, struct put_date *);
void put_age(struct out *, int64_t s);                  /* the two largest units: "2d04h", "3h05m", "7m30s", "12s" */
/* right or, with a width below 0, left in so many places */
void put_right(struct out *, uint64_t n, int width);
void put_field(struct out *, const char *, int width);  /* no masking */

/* ---- JSON (RFC 8259), always UTF-8: a byte that is not of UTF-8 becomes the character U+0080 to U+00FF of its number */
void put_json(struct out *, const char *, size_t n);    /* a string, with its quotes */
/* the next member of an object or array: "," unless it is the first, and the key if there is one */
void put_key(struct out *, bool *first, const char *key);
void put_string(struct out *, bool *first, const char *key, const char *);      /* value 0: null */
void put_string_n(struct out *, bool *first, const char *key, const char *, size_t n);
void put_number(struct out *, bool *first, const char *key, uint64_t);
void put_bool(struct out *, bool *first, const char *key, bool);

#endif
