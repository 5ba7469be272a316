/* Runs a libFuzzer target over the files of one folder, so that the corpus is also a plain test. An empty or
 * missing folder is a failure: a corpus test that reads nothing cannot fail. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(1);
	}
	static const size_t maximum = 16u << 20;
	uint8_t *data = malloc(maximum);
	if (!data)
		abort();
	size_t size = fread(data, 1, maximum, file);
	fclose(file);
	/* An exact copy, so that a read past the end meets the sanitizer's fence. */
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	for (size_t i = 0; i < size; i++)
		exact[i] = data[i];
	free(data);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	struct dirent **entries;
	int count = scandir(argv[1], &entries, NULL, alphasort);
	int ran = 0;
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			run_file(argv[1], entries[i]->d_name);
			ran++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	printf("%d files\n", ran);
	return ran > 0 ? 0 : 1;
}
