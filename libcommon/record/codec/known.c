/* The schemas that are compiled in, read once. A type's own schema is told from its old versions by being the very
 * text that the type points to. */
#include "record/codec/known.h"

#include <pthread.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "record/audit.h"
#include "record/chunk.h"
#include "record/cleanup.h"
#include "record/event.h"
#include "record/result.h"
#include "record/run.h"
#include "record/target.h"
#include "record/thread.h"

struct entry {
	struct plan *plan;
	bool is_writer;
};

struct known {
	size_t count;
	struct entry *entries;
};

static const struct record_type *const types[] = {
	&request_record, &run_record,     &chunk_record, &event_record,  &result_record,
	&target_record,  &cleanup_record, &audit_record, &thread_record, NULL,
};

static const struct record_type *type_of(const struct record_type *const *given, const struct schema_node *schema)
{
	const char *dot = strrchr(schema->type_name, '.');
	for (size_t i = 0; given[i]; i++)
		if (text_equal(given[i]->name, dot ? dot + 1 : schema->type_name))
			return given[i];
	return NULL;
}

static void add(struct known *known, const struct record_type *const *given, const char *text)
{
	struct error error = { 0 };
	CLEANUP(schema_freep) struct schema_node *schema = schema_parse(text, strlen(text), &error);
	const struct record_type *type = schema ? type_of(given, schema) : NULL;
	if (schema && !type)
		return;
	struct plan *plan = type ? plan_bind(schema, type, &error) : NULL;
	bool is_writer = type && type->schema == text;
	if (!plan || (is_writer && !plan_is_complete(plan))) {
		log_error(NULL, "a schema that is compiled in does not fit its record %s: %s", type ? type->name : "",
			  error.text);
		abort();
	}
	known->entries = memory_resize(known->entries, known->count + 1, sizeof *known->entries);
	known->entries[known->count++] = (struct entry){ .plan = plan, .is_writer = is_writer };
}

struct known *known_new(const struct record_type *const *given, const char *const *texts)
{
	struct known *known = memory_new(sizeof *known);
	for (size_t i = 0; texts[i]; i++)
		add(known, given, texts[i]);
	return known;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->count; i++)
		plan_free(known->entries[i].plan);
	free(known->entries);
	free(known);
}

const struct plan *known_writer(const struct known *known, const struct record_type *type)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->entries[i].is_writer && known->entries[i].plan->type == type)
			return known->entries[i].plan;
	return NULL;
}

const struct plan *known_reader(const struct known *known, const struct record_type *type, uint64_t fingerprint)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->entries[i].plan->type == type && known->entries[i].plan->fingerprint == fingerprint)
			return known->entries[i].plan;
	return NULL;
}

static struct known *ours;

static void make_ours(void)
{
	ours = known_new(types, known_texts);
}

const struct known *known_ours(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_ours);
	return ours;
}
