/* against the C library's calendar, day by day and at random */
#include "mail/date.h"

#include <time.h>

#include "tap.h"

static const char *const wdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const mons[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool
agrees(int64_t s)
{
	char got[DATE_RFC5322], gotbox[DATE_MBOX], want[64], wantbox[64];
	time_t t = (time_t)s;
	struct tm tm;

	date_rfc5322(got, s);
	date_mbox(gotbox, s);
	if (!gmtime_r(&t, &tm))
		return false;
	snprintf(want, sizeof want, "%s, %02d %s %04d %02d:%02d:%02d +0000", wdays[tm.tm_wday], tm.tm_mday,
	    mons[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	snprintf(wantbox, sizeof wantbox, "%s %s %2d %02d:%02d:%02d %04d", wdays[tm.tm_wday], mons[tm.tm_mon], tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
	if (strcmp(got, want) == 0 && strcmp(gotbox, wantbox) == 0)
		return true;
	printf("# %lld: got %s, %s; want %s, %s\n", (long long)s, got, gotbox, want, wantbox);
	return false;
}

static void
shows(int64_t s, const char *want, const char *wantbox, const char *promise)
{
	char got[DATE_RFC5322], gotbox[DATE_MBOX];

	date_rfc5322(got, s);
	date_mbox(gotbox, s);
	same(got, want, promise);
	same(gotbox, wantbox, promise);
}

int
main(void)
{
	const int64_t first = -62135596800, last = 253402300799;
	int64_t s;
	uint64_t r = 1;
	int i;
	bool all;

	shows(1795335540, "Sun, 22 Nov 2026 08:19:00 +0000", "Sun Nov 22 08:19:00 2026", "the header's own example");
	shows(784111777, "Sun, 06 Nov 1994 08:49:37 +0000", "Sun Nov  6 08:49:37 1994", "a day of one digit");
	shows(0, "Thu, 01 Jan 1970 00:00:00 +0000", "Thu Jan  1 00:00:00 1970", "the epoch");
	shows(-1, "Wed, 31 Dec 1969 23:59:59 +0000", "Wed Dec 31 23:59:59 1969", "a second before it");
	shows(2147483648, "Tue, 19 Jan 2038 03:14:08 +0000", "Tue Jan 19 03:14:08 2038", "after 2038");
	shows(951825600, "Tue, 29 Feb 2000 12:00:00 +0000", "Tue Feb 29 12:00:00 2000", "2000 has a leap day");
	shows(4107542400, "Mon, 01 Mar 2100 00:00:00 +0000", "Mon Mar  1 00:00:00 2100", "2100 has none");
	shows(first, "Mon, 01 Jan 0001 00:00:00 +0000", "Mon Jan  1 00:00:00 0001", "the first");
	shows(last, "Fri, 31 Dec 9999 23:59:59 +0000", "Fri Dec 31 23:59:59 9999", "the last");
	shows(first - 1, "Mon, 01 Jan 0001 00:00:00 +0000", "Mon Jan  1 00:00:00 0001", "before the first");
	shows(last + 1, "Fri, 31 Dec 9999 23:59:59 +0000", "Fri Dec 31 23:59:59 9999", "after the last");
	shows(INT64_MIN, "Mon, 01 Jan 0001 00:00:00 +0000", "Mon Jan  1 00:00:00 0001", "the end of time backwards");
	shows(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000", "Fri Dec 31 23:59:59 9999", "the end of time");

	for (all = true, s = -86400LL * 366 * 5; all && s < 86400LL * 366 * 140; s += 86400)
		all = agrees(s) && agrees(s - 1);
	ok(all, "both ends of each day from 1965 to 2110");
	for (all = true, s = first; all && s <= last; s += 86400LL * 97 + 3601)
		all = agrees(s);
	ok(all, "steps through all years");
	for (all = true, i = 0; all && i < 50000; i++) {
		r = r * 6364136223846793005u + 1442695040888963407u;
		all = agrees(first + (int64_t)((r >> 1) % (uint64_t)(last - first + 1)));
	}
	ok(all, "50000 moments at random");
	return done();
}
