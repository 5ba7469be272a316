/* Any text as a command. What is accepted holds only what the records can hold. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admission/command.h"
#include "core/memory.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct command *command)
{
	for (size_t i = 0; i < command->targets_count; i++) {
		if (!text_is_id(command->targets[i].name))
			abort();
		if (command->targets[i].ports.count > RECORD_PORTS_MAX)
			abort();
	}
	if (command->verb == COMMAND_MULTICAPTURE &&
	    (!command->targets_count || command->request.has_filter == (command->filter_name[0] != 0)))
		abort();
	if (!text_is_printable(command->request.filter, strlen(command->request.filter)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = memory_new(size + 1);
	if (size)
		memcpy(text, data, size);
	struct command *command = NULL;
	struct error error = { 0 };
	if (command_parse(text, &command, &error) == 0)
		check(command);
	else if (error.kind != ERROR_INPUT || !error.text[0])
		abort();
	command_free(command);
	free(text);
	return 0;
}
