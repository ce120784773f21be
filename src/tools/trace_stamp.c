#include "tools/trace.h"

#include <string.h>
#include <time.h>

#include "lib/ascii.h"
#include "lib/num.h"

#define SECOND 1000000
#define TAI_OFFSET ((UINT64_C(1) << 62) + 10)   /* as multilog writes and tai64nlocal reads: ten, whatever leap seconds came */
#define YEARS_BACK 8                    /* to the last 29th of February, at the worst */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* does s have this shape? '0' a digit, ' ' a digit or a blank, anything else itself */
static bool
shaped(const char *s, size_t n, const char *shape)
{
	size_t i;

	if (n < strlen(shape))
		return false;
	for (i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !ascii_digit(s[i]) : shape[i] == ' ' ? s[i] != ' ' && !ascii_digit(s[i]) : s[i] != shape[i])
			return false;
	return true;
}

static size_t
fraction(const char *s, size_t n)
{
	size_t d = n && (*s == '.' || *s == ',') ? ascii_digits(s + 1, n - 1) : 0;

	return d ? d + 1 : 0;
}

static size_t
blanks(const char *s, size_t n, size_t at)
{
	while (at < n && s[at] == ' ')
		at++;
	return at;
}

static int
hex(char c)
{
	return ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t
tai(const char *s, size_t n)
{
	size_t i = 1;

	while (i < n && i < 26 && hex(s[i]) >= 0)
		i++;
	return (i == 17 || i == 25) && i < n && s[i] == ' ' ? blanks(s, n, i) : 0;
}

/* "Z", "+01:00", "+0100" */
static size_t
zone(const char *s, size_t n)
{
	if (n && *s == 'Z')
		return 1;
	if (!n || (*s != '+' && *s != '-'))
		return 0;
	return shaped(s + 1, n - 1, "00:00") ? 6 : shaped(s + 1, n - 1, "0000") ? 5 : 0;
}

static size_t
iso(const char *s, size_t n, enum trace_form *form)
{
	size_t at = 19, z;

	if (n < 20 || !shaped(s, n, "0000-00-00") || !shaped(s + 11, n - 11, "00:00:00"))
		return 0;
	at += fraction(s + at, n - at);
	z = zone(s + at, n - at);
	at += z;
	if (at == n || s[at] != ' ')
		return 0;
	if (s[10] == 'T')
		*form = z ? TRACE_ZONED : TRACE_UTC;
	else if (s[10] == '_' || s[10] == ' ')
		*form = s[10] == '_' ? TRACE_UTC : TRACE_LOCAL;
	else
		return 0;
	return blanks(s, n, at);
}

static int
month(const char *s)
{
	int m;

	for (m = 0; m < 12; m++)
		if (memcmp(months + 3 * m, s, 3) == 0)
			return m;
	return -1;
}

static size_t
syslog(const char *s, size_t n)
{
	size_t at = 15;

	if (n < 16 || month(s) < 0 || !shaped(s + 3, n - 3, "  0 00:00:00"))
		return 0;
	at += fraction(s + at, n - at);
	return at < n && s[at] == ' ' ? blanks(s, n, at) : 0;
}

size_t
trace_stamp(const char *s, size_t n, enum trace_form *form)
{
	size_t used = 0, d;

	*form = TRACE_BARE;
	if (!n)
		return 0;
	if (*s == '@') {
		*form = TRACE_TAI;
		used = tai(s, n);
	} else if (*s >= 'A' && *s <= 'S') {
		*form = TRACE_SYSLOG;
		used = syslog(s, n);
	} else if (ascii_digit(*s) && !(used = iso(s, n, form))) {
		*form = TRACE_EPOCH;
		d = ascii_digits(s, n);
		used = d >= 9 && d <= 11 ? d + fraction(s + d, n - d) : 0;
		used = used > d && used < n && s[used] == ' ' ? blanks(s, n, used) : 0;
	}
	if (!used)
		*form = TRACE_BARE;
	return used;
}

/* ---- to a number */

static int
two(const char *s)
{
	return (*s == ' ' ? 0 : *s - '0') * 10 + (s[1] - '0');
}

static int64_t
fraction_us(const char *s, size_t n)
{
	size_t d = fraction(s, n), i;
	int64_t us = 0;

	for (i = 1; i <= 6; i++)
		us = us * 10 + (i < d ? s[i] - '0' : 0);
	return us;
}

/* days since 1970 of a date of the Gregorian calendar; month 1 to 12 */
static int64_t
day_number(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;                            /* a year begins in March, so that the odd day comes last */
	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1 - 719468;
}

static int64_t
utc_s(const char *s)
{
	return day_number(two(s) * 100 + two(s + 2), two(s + 5), two(s + 8)) * 86400 + two(s + 11) * 3600 + two(s + 14) * 60 +
	    two(s + 17);
}

/* Local time is expensive to compute, and lines mostly share their hour. */
static int64_t
local_s(int year, int mon, int day, int hour, int min, int sec)
{
	static int had[4];
	static int64_t base;
	static bool known;

	if (!known || had[0] != year || had[1] != mon || had[2] != day || had[3] != hour) {
		struct tm tm = { .tm_year = year - 1900, .tm_mon = mon, .tm_mday = day, .tm_hour = hour, .tm_isdst = -1 };

		base = (int64_t)mktime(&tm);
		had[0] = year, had[1] = mon, had[2] = day, had[3] = hour;
		known = true;
	}
	return base + min * 60 + sec;
}

static int64_t
syslog_s(const char *s, int64_t near_s)
{
	static int64_t near_known = INT64_MIN;
	static int near_year;
	int mon = month(s), day = two(s + 4), year;
	int64_t at = 0;

	if (near_s != near_known) {
		time_t t = (time_t)near_s;
		struct tm tm;

		near_year = localtime_r(&t, &tm) ? tm.tm_year + 1900 : 1970;
		near_known = near_s;
	}
	for (year = near_year + 1; year >= near_year - YEARS_BACK; year--) {
		if (mon == 1 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400)))
			continue;
		at = local_s(year, mon, day, two(s + 7), two(s + 10), two(s + 13));
		if (at <= near_s + 86400)
			break;
	}
	return at;
}

static int64_t
tai_us(struct span stamp)
{
	uint64_t s = 0, ns = 0;
	size_t i;

	for (i = 1; i < stamp.n && hex(stamp.s[i]) >= 0; i++)
		if (i <= 16)
			s = s << 4 | (uint64_t)hex(stamp.s[i]);
		else
			ns = ns << 4 | (uint64_t)hex(stamp.s[i]);
	if (s < TAI_OFFSET || s - TAI_OFFSET > INT64_MAX / SECOND / 2)
		return TRACE_ANY_TIME;
	return (int64_t)(s - TAI_OFFSET) * SECOND + (int64_t)(ns / 1000);
}

static int64_t
zoned_s(const char *s, size_t n)
{
	size_t at = 19 + fraction(s + 19, n - 19);
	int64_t offset_s;

	if (s[at] == 'Z')
		return utc_s(s);
	offset_s = two(s + at + 1) * 3600 + two(s + at + (s[at + 3] == ':' ? 4 : 3)) * 60;
	return utc_s(s) - (s[at] == '-' ? -offset_s : offset_s);
}

static int64_t
epoch_s(struct span stamp)
{
	uint64_t s = 0;

	(void)num_span(stamp.s, ascii_digits(stamp.s, stamp.n), 0, INT64_MAX / SECOND, &s);
	return (int64_t)s;
}

int64_t
trace_stamp_us(struct span stamp, enum trace_form form, int64_t near_s)
{
	const char *s = stamp.s;
	size_t d;

	switch (form) {
	case TRACE_TAI:
		return tai_us(stamp);
	case TRACE_UTC:
		return utc_s(s) * SECOND + fraction_us(s + 19, stamp.n - 19);
	case TRACE_ZONED:
		return zoned_s(s, stamp.n) * SECOND + fraction_us(s + 19, stamp.n - 19);
	case TRACE_LOCAL:
		return local_s(two(s) * 100 + two(s + 2), two(s + 5) - 1, two(s + 8), two(s + 11), two(s + 14), two(s + 17)) * SECOND +
		    fraction_us(s + 19, stamp.n - 19);
	case TRACE_SYSLOG:
		return syslog_s(s, near_s) * SECOND + fraction_us(s + 15, stamp.n - 15);
	case TRACE_EPOCH:
		d = ascii_digits(s, stamp.n);
		return epoch_s(stamp) * SECOND + fraction_us(s + d, stamp.n - d);
	case TRACE_BARE:
	default:
		return TRACE_ANY_TIME;
	}
}

/* ---- what people write */

/* the beginning of a day, so many days before that of now */
static int64_t
midnight_s(int64_t now_s, int days)
{
	time_t t = (time_t)now_s;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return now_s;
	return local_s(tm.tm_year + 1900, tm.tm_mon, tm.tm_mday - days, 0, 0, 0);
}

static bool
ago(const char *a, int64_t now_s, int64_t *us)
{
	static const char unit[] = "smhdw";
	static const uint64_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	size_t n = strlen(a);
	const char *u = n > 1 ? strchr(unit, a[n - 1]) : 0;
	uint64_t count;

	if (!u || !num_span(a, n - 1, 0, 1000000, &count))
		return false;
	*us = (now_s - (int64_t)(count * seconds[u - unit])) * SECOND;
	return true;
}

/* "15:04" and "15:04:05", seconds of a day; -1: neither */
static int64_t
clock_s(const char *a)
{
	size_t n = strlen(a);

	if (!(n == 5 && shaped(a, n, "00:00")) && !(n == 8 && shaped(a, n, "00:00:00")))
		return -1;
	return two(a) * 3600 + two(a + 3) * 60 + (n == 8 ? two(a + 6) : 0);
}

bool
trace_time_arg(const char *a, int64_t now_s, int64_t *us)
{
	enum trace_form form;
	size_t n = strlen(a);
	char line[64];
	int64_t s;

	if (strcmp(a, "today") == 0 || strcmp(a, "yesterday") == 0) {
		*us = midnight_s(now_s, *a == 'y') * SECOND;
		return true;
	}
	if (ago(a, now_s, us))
		return true;
	if ((s = clock_s(a)) >= 0) {
		*us = (midnight_s(now_s, 0) + s) * SECOND;
		return true;
	}
	if (shaped(a, n, "0000-00-00") && (n == 10 || ((a[10] == ' ' || a[10] == 'T') && clock_s(a + 11) >= 0))) {
		s = n == 10 ? 0 : clock_s(a + 11);
		*us = (local_s(two(a) * 100 + two(a + 2), two(a + 5) - 1, two(a + 8), (int)(s / 3600), 0, 0) + s % 3600) * SECOND;
		return true;
	}
	if (n + 2 > sizeof line)
		return false;
	memcpy(line, a, n);
	memcpy(line + n, " ", 2);               /* as it stands before a line */
	if (trace_stamp(line, n + 1, &form) != n + 1)
		return false;
	*us = trace_stamp_us((struct span){ line, n }, form, now_s);
	return *us != TRACE_ANY_TIME;
}
