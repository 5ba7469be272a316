/* Any bytes through core/text: what comes out is printable, stays so, is cut whole, and what was printable before
 * is not touched. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_printable(const char *text, size_t size, size_t room)
{
	CLEANUP_FREE char *shown = memory_new(room);
	text_printable(shown, room, text, size);
	size_t length = strnlen(shown, room);
	demand(length < room);
	demand(text_is_printable(shown, length));
	if (room > 4 * size)
		demand(text_is_printable(text, size) == (length == size && memcmp(shown, text, size) == 0));
	CLEANUP_FREE char *again = memory_new(room);
	text_printable(again, room, shown, length);
	demand(strcmp(shown, again) == 0);
}

static void check_copy(const char *text, size_t size, size_t room)
{
	CLEANUP_FREE char *copy = memory_new(room);
	bool all = text_copy_bytes(copy, room, text, size);
	demand(all == (size < room));
	demand(memcmp(copy, text, all ? size : strnlen(copy, room)) == 0);
	if (text_is_printable(text, size))
		demand(text_is_printable(copy, strlen(copy)));
}

static void check_words(const char *text)
{
	static const char *const words[] = { "port", "timeout", "", "multicapture", NULL };
	const char *nearest = text_nearest(text, words, sizeof words / sizeof words[0]);
	demand(!nearest || *nearest);
	if (text_is_id(text))
		demand(strlen(text) <= 64 && !strchr(text, '/') && text[0] != '.' && text[0] != '-');
	int64_t value;
	if (text_to_integer(text, -1000, 1000, &value) == 0)
		demand(value >= -1000 && value <= 1000);
	if (text_to_bytes(text, &value) == 0)
		demand(value >= 0);
	if (text_to_duration_ms(text, &value) == 0)
		demand(value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	check_printable(text, size, 4 * size + 1);
	check_printable(text, size, size / 2 + 1);
	check_copy(text, size, size + 1);
	check_copy(text, size, size / 2 + 1);
	CLEANUP_FREE char *terminated = memory_new(size + 1);
	if (size > 0)
		memcpy(terminated, data, size);
	check_words(terminated);
	return 0;
}
