/* Prints a record with its kind in front, so that a script that reads several kinds can tell them apart. */
#include "view/json_line.h"

#include <stdio.h>

#include "core/error.h"
#include "core/memory.h"
#include "record/codec/json.h"

char *json_line(const char *kind, const struct record_type *type, const void *record)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	struct error error;
	FILE *memory = open_memstream(&text, &size);
	if (!memory)
		abort();
	int printed = json_print(type, record, memory, &error);
	if (fclose(memory) != 0 || printed != 0 || size < 2)
		return NULL;
	return memory_format("{\"record\":\"%s\",%s", kind, text + 1);
}
