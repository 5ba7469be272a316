/* The fold of threads: for each request the record that told last and the claim that stands, as Kafka gave them. Its
 * one idea: what somebody is about to do is kept apart from what is done, so that either can be known after a crash. */
#include "ledger/threads.h"

#include <string.h>
#include <uthash.h>

#include "core/text.h"
#include "record/frame.h"

/* A record's bytes. */
struct kept {
	size_t size;
	uint8_t data[];
};

struct threads_entry {
	UT_hash_handle hh;
	int64_t version;
	int64_t heard_boot_ms;
	int64_t timestamp_ms;
	struct kept *told;
	struct kept *claim;
	char request_id[];
};

struct threads {
	struct threads_entry *all;
};

struct threads *threads_new(void)
{
	return memory_new(sizeof(struct threads));
}

static void forget(struct threads *threads, struct threads_entry *entry)
{
	HASH_DEL(threads->all, entry);
	free(entry->told);
	free(entry->claim);
	free(entry);
}

void threads_free(struct threads *threads)
{
	struct threads_entry *entry, *next;
	if (!threads)
		return;
	HASH_ITER(hh, threads->all, entry, next)
		forget(threads, entry);
	free(threads);
}

static struct threads_entry *find(const struct threads *threads, const char *request_id)
{
	struct threads_entry *entry;
	HASH_FIND_STR(threads->all, request_id, entry);
	return entry;
}

static struct threads_entry *add(struct threads *threads, const char *request_id)
{
	size_t size = strlen(request_id) + 1;
	struct threads_entry *entry = memory_new(sizeof *entry + size);
	memcpy(entry->request_id, request_id, size);
	HASH_ADD_KEYPTR(hh, threads->all, entry->request_id, size - 1, entry);
	return entry;
}

static struct kept *keep(const struct bus_record *record)
{
	struct kept *kept = memory_new(sizeof *kept + record->value_size);
	kept->size = record->value_size;
	memcpy(kept->data, record->value, record->value_size);
	return kept;
}

static void take(struct threads_entry *entry, const struct bus_record *record, const struct thread *thread)
{
	entry->version = thread->version;
	free(entry->claim);
	entry->claim = NULL;
	if (thread->change == THREAD_CLAIMED) {
		entry->claim = keep(record);
		return;
	}
	free(entry->told);
	entry->told = keep(record);
}

static bool counts(const struct threads_entry *entry, const struct thread *thread)
{
	if (thread->change == THREAD_OPENED)
		return !entry;
	return thread->version > threads_version(entry);
}

int threads_apply(struct threads *threads, const struct bus_record *record, int64_t now_boot_ms,
		  struct thread *ret_record, bool *ret_counted, struct error *error)
{
	*ret_counted = false;
	if (!record->value) {
		record_init(&thread_record, ret_record);
		return 0;
	}
	if (frame_decode(&thread_record, record->value, record->value_size, NULL, ret_record, error) < 0)
		return -1;
	if (!record->key || strlen(ret_record->request_id) != record->key_size ||
	    memcmp(ret_record->request_id, record->key, record->key_size) != 0)
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is not its request_id, %s",
				 ret_record->request_id);
	struct threads_entry *entry = find(threads, ret_record->request_id);
	*ret_counted = counts(entry, ret_record);
	if (!*ret_counted)
		return 0;
	if (!entry)
		entry = add(threads, ret_record->request_id);
	take(entry, record, ret_record);
	entry->heard_boot_ms = now_boot_ms;
	entry->timestamp_ms = record->timestamp_ms;
	return 0;
}

const struct threads_entry *threads_find(const struct threads *threads, const char *request_id)
{
	return find(threads, request_id);
}

int64_t threads_version(const struct threads_entry *entry)
{
	return entry ? entry->version : 0;
}

int64_t threads_heard_boot_ms(const struct threads_entry *entry)
{
	return entry->heard_boot_ms;
}

static void read_kept(const struct kept *kept, struct thread *ret_thread)
{
	/* It was decoded once before it was kept. */
	if (frame_decode(&thread_record, kept->data, kept->size, NULL, ret_thread, NULL) < 0)
		abort();
}

bool threads_told(const struct threads_entry *entry, struct thread *ret_told)
{
	record_init(&thread_record, ret_told);
	if (!entry || !entry->told)
		return false;
	read_kept(entry->told, ret_told);
	return true;
}

bool threads_has_claim(const struct threads_entry *entry)
{
	return entry && entry->claim;
}

bool threads_claim(const struct threads_entry *entry, struct thread *ret_claim)
{
	if (!threads_has_claim(entry))
		return false;
	read_kept(entry->claim, ret_claim);
	return true;
}

size_t threads_count(const struct threads *threads)
{
	return HASH_COUNT(threads->all);
}

void threads_forget(struct threads *threads, int64_t before_ms)
{
	struct threads_entry *entry, *next;
	HASH_ITER(hh, threads->all, entry, next)
		if (entry->timestamp_ms < before_ms)
			forget(threads, entry);
}
