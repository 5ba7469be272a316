/* The fold of results: a hash of small blocks, each a capture's id and its record as Kafka gave it, packed. */
#include "ledger/catalog.h"

#include <string.h>
#include <uthash.h>

#include "core/text.h"
#include "ledger/packer.h"
#include "record/frame.h"

struct catalog_entry {
	UT_hash_handle hh;
	const struct packer *packer;
	int64_t version;
	uint32_t size;        /* of the record */
	uint32_t packed_size;
	uint8_t packed[];     /* and the id behind it */
};

struct catalog {
	struct catalog_entry *all;
	struct packer *packer;
	size_t room;          /* of the next two */
	uint8_t *packed;
	struct result *result;
};

struct catalog *catalog_new(void)
{
	struct catalog *catalog = memory_new(sizeof *catalog);
	catalog->packer = packer_new();
	catalog->result = memory_new(sizeof *catalog->result);
	return catalog;
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
	packer_free(catalog->packer);
	free(catalog->packed);
	free(catalog->result);
	free(catalog);
}

static struct catalog_entry *entry_new(struct catalog *catalog, const struct bus_record *record,
				       const struct result *result)
{
	size_t id_size = strlen(result->capture_id) + 1;
	if (record->value_size > catalog->room) {
		catalog->room = record->value_size;
		catalog->packed = memory_resize(catalog->packed, catalog->room, 1);
	}
	size_t packed_size = packer_pack(catalog->packer, record->value, record->value_size, catalog->packed);
	struct catalog_entry *entry = memory_new(sizeof *entry + packed_size + id_size);
	entry->packer = catalog->packer;
	entry->version = result->version;
	entry->size = (uint32_t)record->value_size;
	entry->packed_size = (uint32_t)packed_size;
	memcpy(entry->packed, catalog->packed, packed_size);
	memcpy(entry->packed + packed_size, result->capture_id, id_size);
	return entry;
}

static void take(struct catalog *catalog, struct catalog_entry *entry, struct catalog_entry *old)
{
	if (old)
		forget(catalog, old);
	const char *id = catalog_id(entry);
	HASH_ADD_KEYPTR(hh, catalog->all, id, strlen(id), entry);
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
	struct result *result = catalog->result;
	if (frame_decode(&result_record, record->value, record->value_size, NULL, result, error) < 0)
		return -1;
	if (!text_equal(result->capture_id, id))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is %s, its capture_id %s", id,
				 result->capture_id);
	*ret_counted = !old || result->version > old->version;
	if (*ret_counted)
		take(catalog, entry_new(catalog, record, result), old);
	if (ret_result)
		*ret_result = *result;
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
	return (const char *)entry->packed + entry->packed_size;
}

int64_t catalog_version(const struct catalog_entry *entry)
{
	return entry->version;
}

void catalog_read(const struct catalog_entry *entry, struct result *ret_result)
{
	CLEANUP_FREE uint8_t *record = memory_new(entry->size);
	packer_unpack(entry->packer, entry->packed, entry->packed_size, record, entry->size);
	/* It was decoded once before it was kept. */
	if (frame_decode(&result_record, record, entry->size, NULL, ret_result, NULL) < 0)
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
