#include "mail/date.h"

#include <string.h>

struct civil {
	int year, month, day, hour, minute, second, weekday;    /* month and day from 1, weekday from Sunday */
};

#define YEAR_1 (-62135596800LL)                 /* 0001-01-01 00:00:00 */
#define YEAR_9999_END 253402300799LL            /* 9999-12-31 23:59:59 */
#define DAYS_400_YEARS 146097

/* Count days from 1 March of year 0, so that the leap day ends a year and a 400-year cycle is uniform. */
static struct civil
civil_from(int64_t s)
{
	struct civil c;
	int64_t days, rest, cycle, y;

	s = s < YEAR_1 ? YEAR_1 : s > YEAR_9999_END ? YEAR_9999_END : s;
	days = s / 86400;
	rest = s % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	c.weekday = (int)(((days + 4) % 7 + 7) % 7);    /* 1970-01-01 was a Thursday */
	days += 719468;                                 /* 0000-03-01 to 1970-01-01 */
	cycle = days / DAYS_400_YEARS;
	days %= DAYS_400_YEARS;
	y = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	days -= 365 * y + y / 4 - y / 100;              /* day of the year that began on 1 March */
	c.month = (int)((5 * days + 2) / 153);
	c.day = (int)(days - (153 * c.month + 2) / 5 + 1);
	c.month = c.month < 10 ? c.month + 3 : c.month - 9;
	c.year = (int)(cycle * 400 + y + (c.month <= 2));
	return c;
}

static char *
digits(char *p, int n, int width)
{
	int i;

	for (i = width; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	return p + width;
}

static char *
word(char *p, const char *names, int i)
{
	memcpy(p, names + 3 * i, 3);
	return p + 3;
}

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static char *
time_of_day(char *p, const struct civil *c)
{
	p = digits(p, c->hour, 2);
	*p++ = ':';
	p = digits(p, c->minute, 2);
	*p++ = ':';
	return digits(p, c->second, 2);
}

void
date_rfc5322(char out[DATE_RFC5322], int64_t s)
{
	struct civil c = civil_from(s);
	char *p = word(out, weekdays, c.weekday);

	*p++ = ',';
	*p++ = ' ';
	p = digits(p, c.day, 2);
	*p++ = ' ';
	p = word(p, months, c.month - 1);
	*p++ = ' ';
	p = digits(p, c.year, 4);
	*p++ = ' ';
	p = time_of_day(p, &c);
	memcpy(p, " +0000", 7);
}

void
date_mbox(char out[DATE_MBOX], int64_t s)
{
	struct civil c = civil_from(s);
	char *p = word(out, weekdays, c.weekday);

	*p++ = ' ';
	p = word(p, months, c.month - 1);
	*p++ = ' ';
	p = c.day < 10 ? (*p = ' ', digits(p + 1, c.day, 1)) : digits(p, c.day, 2);
	*p++ = ' ';
	p = time_of_day(p, &c);
	*p++ = ' ';
	p = digits(p, c.year, 4);
	*p = 0;
}
