/* JSON text as a request and as a cleanup: what is read can be printed, and read back the same. */
#include "record/codec/json.h"

#include <stdlib.h>

#include "core/memory.h"
#include "record/cleanup.h"
#include "record/codec/testing.h"
#include "record/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const struct record_type *type, const char *text, size_t size)
{
	static _Alignas(max_align_t) uint8_t record[TESTING_RECORD_SIZE], again[TESTING_RECORD_SIZE];
	CLEANUP_FREE char *line = NULL;
	size_t line_size;
	if (json_decode(type, text, size, record, NULL) < 0)
		return;
	FILE *to = open_memstream(&line, &line_size);
	if (!to || json_print(type, record, to, NULL) < 0 || fclose(to) != 0)
		abort();
	if (line_size <= JSON_TEXT_MAX &&
	    (json_decode(type, line, line_size, again, NULL) < 0 || testing_difference(type, record, again)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	there_and_back(&request_record, (const char *)data, size);
	there_and_back(&cleanup_record, (const char *)data, size);
	return 0;
}
