/* Our codec on a pipe, so that python3-avro can judge it. A line in, a line out, words separated by tabs:
 *
 *   random TYPE SEED          → HEX JSON DATA    a random record: framed, as --json's line, a chunk's data
 *   decode TYPE HEX           → JSON DATA        framed bytes
 *   read TYPE SCHEMA HEX      → JSON DATA        a bare Avro body that another schema wrote
 *   encode TYPE JSON          → HEX
 *   fingerprint SCHEMA        → the CRC-64-AVRO in hex
 *   what goes wrong           → error WORD TEXT */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "record/chunk.h"
#include "record/codec/fingerprint.h"
#include "record/codec/json.h"
#include "record/codec/plan.h"
#include "record/codec/testing.h"
#include "record/codec/wire.h"
#include "record/frame.h"

static _Alignas(max_align_t) uint8_t record[TESTING_RECORD_SIZE];

static int fail(const struct error *error)
{
	printf("error\t%s\t%s\n", error_word_name(error->word), error->text);
	return -1;
}

static const struct record_type *type_named(const char *name)
{
	for (size_t i = 0; testing_types[i]; i++)
		if (name && strcmp(testing_types[i]->name, name) == 0)
			return testing_types[i];
	fprintf(stderr, "record_peer: no record is called %s\n", name ? name : "(nothing)");
	exit(2);
}

static void print_hex(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", data[i]);
}

static uint8_t *from_hex(const char *hex, size_t *ret_size)
{
	size_t size = strlen(hex) / 2;
	uint8_t *data = memory_new(size ? size : 1);
	for (size_t i = 0; i < size; i++) {
		unsigned value;
		if (sscanf(hex + 2 * i, "%2x", &value) != 1)
			exit(2);
		data[i] = (uint8_t)value;
	}
	*ret_size = size;
	return data;
}

static void print_record(const struct record_type *type)
{
	CLEANUP_FREE char *line = NULL;
	size_t size;
	FILE *to = open_memstream(&line, &size);
	if (!to || json_print(type, record, to, NULL) < 0 || fclose(to) != 0)
		exit(2);
	printf("%.*s\t", (int)size - 1, line);
	if (type == &chunk_record) {
		const struct chunk *chunk = (const void *)record;
		print_hex(chunk->data.data, chunk->data.size);
	}
	printf("\n");
}

static int print_framed(const struct record_type *type)
{
	CLEANUP_FREE void *bytes = NULL;
	size_t size;
	struct error error = { 0 };
	if (frame_encode_new(type, record, &bytes, &size, &error) < 0)
		return fail(&error);
	print_hex(bytes, size);
	return 0;
}

static int answer_read(const struct record_type *type, const char *schema, const char *hex)
{
	size_t size;
	struct error error = { 0 };
	CLEANUP_FREE uint8_t *data = from_hex(hex, &size);
	CLEANUP(plan_freep) struct plan *plan = plan_new(schema, strlen(schema), type, &error);
	if (!plan || wire_decode(plan, data, size, record, &error) < 0)
		return fail(&error);
	print_record(type);
	return 0;
}

static int answer_decode(const struct record_type *type, const char *hex)
{
	size_t size;
	struct error error = { 0 };
	CLEANUP_FREE uint8_t *data = from_hex(hex, &size);
	if (frame_decode(type, data, size, NULL, record, &error) < 0)
		return fail(&error);
	print_record(type);
	return 0;
}

static int answer_encode(const struct record_type *type, const char *json)
{
	struct error error = { 0 };
	if (json_decode(type, json, strlen(json), record, &error) < 0)
		return fail(&error);
	if (print_framed(type) < 0)
		return -1;
	printf("\n");
	return 0;
}

static int answer_random(const struct record_type *type, const char *seed_text)
{
	uint64_t seed = strtoull(seed_text, NULL, 10);
	testing_fill(type, record, &seed);
	if (print_framed(type) < 0)
		return -1;
	printf("\t");
	print_record(type);
	return 0;
}

static int answer_fingerprint(const char *schema)
{
	struct error error = { 0 };
	CLEANUP(schema_freep) struct schema_node *root = schema_parse(schema, strlen(schema), &error);
	if (!root)
		return fail(&error);
	printf("%016llx\n", (unsigned long long)fingerprint_of(root));
	return 0;
}

static int answer(char **words, size_t count)
{
	if (count == 2 && strcmp(words[0], "fingerprint") == 0)
		return answer_fingerprint(words[1]);
	if (count == 3 && strcmp(words[0], "random") == 0)
		return answer_random(type_named(words[1]), words[2]);
	if (count == 3 && strcmp(words[0], "decode") == 0)
		return answer_decode(type_named(words[1]), words[2]);
	if (count == 3 && strcmp(words[0], "encode") == 0)
		return answer_encode(type_named(words[1]), words[2]);
	if (count == 4 && strcmp(words[0], "read") == 0)
		return answer_read(type_named(words[1]), words[2], words[3]);
	fprintf(stderr, "record_peer: no such question\n");
	exit(2);
}

int main(void)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	ssize_t size;
	while ((size = getline(&line, &room, stdin)) > 0) {
		char *words[4] = { NULL };
		size_t count = 0;
		line[size - 1] = '\0';
		char *rest = line;
		while (rest && count < 4)
			words[count++] = strsep(&rest, "\t");
		answer(words, count);
		fflush(stdout);
	}
	return 0;
}
