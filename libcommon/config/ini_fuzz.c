/* Any bytes as an INI file. What is accepted has its names, its lines in order, and nothing twice. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ini *ini)
{
	int line = 0;
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_section *section = &ini->sections[i];
		if (section->line <= line || !section->name[0] || ini_find_section(ini, section->name) != section)
			abort();
		line = section->line;
		for (size_t k = 0; k < section->count; k++) {
			const struct ini_key *key = &section->keys[k];
			if (key->line <= line || !key->name[0] || ini_find_key(section, key->name) != key)
				abort();
			if (!text_is_printable(key->value, strlen(key->value)))
				abort();
			line = key->line;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ini *ini = NULL;
	struct error error = { 0 };
	if (ini_read_text("fuzz.ini", (const char *)data, size, &ini, &error) == 0)
		check(ini);
	else if (error.kind != ERROR_BROKEN || !text_starts(error.text, "fuzz.ini:"))
		abort();
	ini_free(ini);
	return 0;
}
