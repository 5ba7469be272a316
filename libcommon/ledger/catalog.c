/* The fold of results: a hash of small blocks, each a capture's id and its record as Kafka gave it. */
#include "ledger/catalog.h"

#include <string.h>
#include <uthash.h>

#include "core/text.h"
#include "record/frame.h"

struct catalog_entry {
	UT_hash_handle hh;
	int64_t version;
	const char *id;  /* behind the record */
	size_t size;
	uint8_t record[];
};

struct catalog {
	struct catalog_entry *all;
};

struct catalog *catalog_new(void)
{
	return memory_new(sizeof(struct catalog));
}

static void forget(struct catalog *catalog, struct catalog_entry *entry)
{
	HASH_DEL(catalog->all, entry);
	free(entry);
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	struct catalog_entry *entry, *next;
	HASH_ITER(hh, catalog->all, entry, next)
		forget(catalog, entry);
	free(catalog);
}

static struct catalog_entry *entry_new(const struct bus_record *record, const struct result *result)
{
	size_t id_size = strlen(result->capture_id) + 1;
	struct catalog_entry *entry = memory_new(sizeof *entry + record->value_size + id_size);
	entry->version = result->version;
	entry->size = record->value_size;
	memcpy(entry->record, record->value, record->value_size);
	memcpy(entry->record + record->value_size, result->capture_id, id_size);
	entry->id = (const char *)entry->record + record->value_size;
	return entry;
}

static void take(struct catalog *catalog, struct catalog_entry *entry, struct catalog_entry *old)
{
	if (old)
		forget(catalog, old);
	HASH_ADD_KEYPTR(hh, catalog->all, entry->id, strlen(entry->id), entry);
}

int catalog_apply(struct catalog *catalog, const struct bus_record *record, struct result *ret_result,
		  bool *ret_counted, struct error *error)
{
	char id[RECORD_ID_SIZE];
	if (!record->key || !text_copy_bytes(id, sizeof id, (const char *)record->key, record->key_size) ||
	    !text_is_id(id))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is no capture id");
	struct catalog_entry *old;
	HASH_FIND_STR(catalog->all, id, old);
	if (!record->value) {
		if (old)
			forget(catalog, old);
		*ret_counted = old != NULL;
		return 0;
	}
	struct result result;
	if (frame_decode(&result_record, record->value, record->value_size, NULL, &result, error) < 0)
		return -1;
	if (!text_equal(result.capture_id, id))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is %s, its capture_id %s", id,
				 result.capture_id);
	*ret_counted = !old || result.version > old->version;
	if (*ret_counted)
		take(catalog, entry_new(record, &result), old);
	if (ret_result)
		*ret_result = result;
	return 0;
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *capture_id)
{
	struct catalog_entry *entry;
	HASH_FIND_STR(catalog->all, capture_id, entry);
	return entry;
}

const char *catalog_id(const struct catalog_entry *entry)
{
	return entry->id;
}

int64_t catalog_version(const struct catalog_entry *entry)
{
	return entry->version;
}

void catalog_read(const struct catalog_entry *entry, struct result *ret_result)
{
	/* It was decoded once before it was kept. */
	if (frame_decode(&result_record, entry->record, entry->size, NULL, ret_result, NULL) < 0)
		abort();
}

const struct catalog_entry *catalog_first(const struct catalog *catalog)
{
	return catalog->all;
}

const struct catalog_entry *catalog_next(const struct catalog_entry *entry)
{
	return entry->hh.next;
}

size_t catalog_count(const struct catalog *catalog)
{
	return HASH_COUNT(catalog->all);
}
