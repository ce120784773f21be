/* corpus - main of a fuzz target where libFuzzer is missing: run it over the files named, and those in the folders named */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int count;

static void
run_file(const char *path)
{
	static uint8_t space[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(space, 1, sizeof space, f);
	fclose(f);
	exact = malloc(n ? n : 1);              /* of its size, so that ASan sees a read past its end */
	if (!exact)
		exit(1);
	for (size_t i = 0; i < n; i++)
		exact[i] = space[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	count++;
}

static void
run(const char *path)
{
	char sub[4096];
	struct dirent *e;
	DIR *d = opendir(path);

	if (!d) {
		run_file(path);
		return;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		run(sub);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			run(argv[i]);
	printf("%d inputs\n", count);
	return count == 0;
}
