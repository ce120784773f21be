#include "lib/map.h"

#include <stdlib.h>

#include "tap.h"

int
main(void)
{
	static char names[5000][12];
	struct map m = { 0 };
	const char *v;
	size_t i;
	bool all = true;

	ok(!map_get(&m, "a", 1) && !map_get(&m, "", 0), "an empty map has nothing");
	ok(map_add(&m, "Example.ORG", 11, "1") && map_add(&m, "example.org", 11, "2") && map_add(&m, "", 0, "empty") && m.count == 2, "names are added");
	ok((v = map_get(&m, "eXample.org", 11)) && strcmp(v, "1") == 0, "without case; the first value stays");
	ok((v = map_get(&m, "", 0)) && strcmp(v, "empty") == 0, "the empty name is a name");
	ok(!map_get(&m, "example.or", 10) && !map_get(&m, "example.org.", 12) && !map_get(&m, "example{org", 11), "whole names only");
	ok(map_add(&m, "longer", 4, "part") && map_get(&m, "LONG", 4) && !map_get(&m, "longer", 6), "a name ends where it is said");
	for (i = 0; i < 5000; i++) {
		snprintf(names[i], sizeof names[i], "n%zu", i);
		all &= map_add(&m, names[i], strlen(names[i]), names[i]);
	}
	for (i = 0; i < 5000; i++)
		all &= map_get(&m, names[i], strlen(names[i])) == names[i];
	ok(all && m.count == 5003 && !map_get(&m, "n5000", 5), "five thousand more");
	map_free(&m);
	ok(!map_get(&m, "n1", 2) && map_add(&m, "n1", 2, "again") && map_get(&m, "n1", 2), "free leaves an empty map");
	map_free(&m);
	return done();
}
