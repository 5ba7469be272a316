/* The catalog decides what counts; beside it stands a mark for each of the few captures whose last record did not
 * count, or counted by its stamp alone. */
#include "ledger/results.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "core/text.h"
#include "record/frame.h"

struct mark {
	UT_hash_handle hh;
	char capture_id[RECORD_ID_SIZE];
	int64_t unread_version; /* the greatest that counted by its stamp alone; 0: none */
	bool is_shadowed;
};

struct results {
	struct catalog *catalog;
	struct mark *marks;
};

struct results *results_new(void)
{
	struct results *results = memory_new(sizeof *results);
	results->catalog = catalog_new();
	return results;
}

static void unmark(struct results *results, struct mark *mark)
{
	if (!mark)
		return;
	HASH_DEL(results->marks, mark);
	free(mark);
}

void results_free(struct results *results)
{
	struct mark *mark, *next;
	if (!results)
		return;
	HASH_ITER(hh, results->marks, mark, next)
		unmark(results, mark);
	catalog_free(results->catalog);
	free(results);
}

static struct mark *find_mark(const struct results *results, const char *capture_id)
{
	struct mark *mark;
	HASH_FIND_STR(results->marks, capture_id, mark);
	return mark;
}

static struct mark *find_or_add_mark(struct results *results, const char *capture_id)
{
	struct mark *mark = find_mark(results, capture_id);
	if (mark)
		return mark;
	mark = memory_new(sizeof *mark);
	TEXT_COPY(mark->capture_id, capture_id);
	HASH_ADD_STR(results->marks, capture_id, mark);
	return mark;
}

/* ---- the stamp ---- */

static const char *const header_names[RESULTS_HEADERS] = {
	"capbus-version", "capbus-state", "capbus-target", "capbus-writer", "capbus-incarnation", "capbus-nonce",
};

void results_stamp(struct results_headers *headers, const struct result *result, const char *stage,
		   const char *incarnation, int64_t nonce)
{
	char (*texts)[RESULTS_HEADER_SIZE] = headers->texts;
	TEXT_FORMAT(texts[0], "%" PRId64, result->version);
	TEXT_COPY(texts[1], names_outcome[result->state]);
	TEXT_COPY(texts[2], result->target);
	TEXT_COPY(texts[3], stage);
	TEXT_COPY(texts[4], incarnation);
	TEXT_FORMAT(texts[5], "%" PRId64, nonce);
	for (size_t i = 0; i < RESULTS_HEADERS; i++)
		headers->headers[i] = (struct bus_header){ header_names[i], texts[i], strlen(texts[i]) };
}

static bool get_integer(const struct bus_record *record, const char *name, int64_t *ret_value)
{
	char text[RESULTS_HEADER_SIZE];
	return bus_record_header_text(record, name, text, sizeof text) &&
	       text_to_integer(text, 1, INT64_MAX, ret_value) == 0;
}

static bool read_stamp(const struct bus_record *record, struct results_stamp *ret_stamp)
{
	return get_integer(record, "capbus-version", &ret_stamp->version) &&
	       get_integer(record, "capbus-nonce", &ret_stamp->nonce) &&
	       bus_record_header_text(record, "capbus-incarnation", ret_stamp->incarnation,
				      sizeof ret_stamp->incarnation);
}

/* ---- the fold ---- */

int64_t results_version(const struct results *results, const char *capture_id)
{
	const struct catalog_entry *entry = catalog_find(results->catalog, capture_id);
	const struct mark *mark = find_mark(results, capture_id);
	int64_t version = entry ? catalog_version(entry) : 0;
	return mark && mark->unread_version > version ? mark->unread_version : version;
}

/* What is not known, or not to this release, cannot be written again. */
static int ignore(struct results *results, struct results_news *news)
{
	const struct catalog_entry *entry = catalog_find(results->catalog, news->capture_id);
	news->verdict = RESULTS_IGNORED;
	if (entry && catalog_version(entry) == results_version(results, news->capture_id))
		find_or_add_mark(results, news->capture_id)->is_shadowed = true;
	return 0;
}

static int apply_tombstone(struct results *results, const struct bus_record *record, struct results_news *news)
{
	bool counted;
	if (!news->is_stamped || news->stamp.version <= results_version(results, news->capture_id))
		return ignore(results, news);
	unmark(results, find_mark(results, news->capture_id));
	news->verdict = RESULTS_COUNTED;
	return catalog_apply(results->catalog, record, NULL, &counted, NULL);
}

static int apply_unreadable(struct results *results, struct results_news *news, const struct error *why,
			    struct error *error)
{
	if (!news->is_stamped) {
		ignore(results, news);
		return error_set(error, why->kind, why->word, "%s", why->text);
	}
	if (news->stamp.version <= results_version(results, news->capture_id))
		return ignore(results, news);
	struct mark *mark = find_or_add_mark(results, news->capture_id);
	mark->unread_version = news->stamp.version;
	mark->is_shadowed = false;
	news->verdict = RESULTS_COUNTED;
	return 0;
}

/* The catalog knows nothing of versions that counted by their stamp alone: those are asked before it. */
static bool is_outdone(const struct mark *mark, const struct bus_record *record, struct results_news *news)
{
	return mark && mark->unread_version > 0 &&
	       frame_decode(&result_record, record->value, record->value_size, NULL, &news->result, NULL) == 0 &&
	       news->result.version <= mark->unread_version;
}

static int apply_body(struct results *results, const struct bus_record *record, struct results_news *news,
		      struct error *error)
{
	struct mark *mark = find_mark(results, news->capture_id);
	struct error why;
	bool counted;
	if (is_outdone(mark, record, news)) {
		news->has_body = true;
		return ignore(results, news);
	}
	if (catalog_apply(results->catalog, record, &news->result, &counted, &why) < 0)
		return apply_unreadable(results, news, &why, error);
	news->has_body = true;
	if (!counted)
		return ignore(results, news);
	unmark(results, mark);
	news->verdict = RESULTS_COUNTED;
	return 0;
}

int results_apply(struct results *results, const struct bus_record *record, struct results_news *ret_news,
		  struct error *error)
{
	*ret_news = (struct results_news){ .verdict = RESULTS_IGNORED };
	if (!record->key || !text_copy_bytes(ret_news->capture_id, sizeof ret_news->capture_id,
					     (const char *)record->key, record->key_size) ||
	    !text_is_id(ret_news->capture_id))
		return error_set(error, ERROR_INPUT, WORD_record_invalid, "its key is no capture id");
	ret_news->is_stamped = read_stamp(record, &ret_news->stamp);
	return record->value ? apply_body(results, record, ret_news, error) :
			       apply_tombstone(results, record, ret_news);
}

/* ---- what stands ---- */

const struct catalog *results_catalog(const struct results *results)
{
	return results->catalog;
}

bool results_find(const struct results *results, const char *capture_id, struct result *ret_result)
{
	const struct catalog_entry *entry = catalog_find(results->catalog, capture_id);
	if (entry)
		catalog_read(entry, ret_result);
	return entry != NULL;
}

const char *results_shadowed(const struct results *results)
{
	for (const struct mark *mark = results->marks; mark; mark = mark->hh.next)
		if (mark->is_shadowed)
			return mark->capture_id;
	return NULL;
}

size_t results_shadowed_count(const struct results *results)
{
	size_t count = 0;
	for (const struct mark *mark = results->marks; mark; mark = mark->hh.next)
		count += mark->is_shadowed;
	return count;
}

bool results_is_settled(const struct result *result)
{
	for (size_t i = 0; i < result->stores_count; i++)
		if (result->stores[i].state == STORE_WAITING || result->stores[i].state == STORE_STORING)
			return false;
	return true;
}

/* ---- slots ---- */

static const struct result_store *find_store(const struct result *result, const char *store)
{
	for (size_t i = 0; i < result->stores_count; i++)
		if (text_equal(result->stores[i].store, store))
			return &result->stores[i];
	return NULL;
}

static enum results_slot judge(const struct result_store *stands, const struct result_store *mine)
{
	switch (stands->state) {
	case STORE_STORED:
	case STORE_DELETING:
		return text_equal(stands->name, mine->name) ? RESULTS_SLOT_SAME : RESULTS_SLOT_TAKEN;
	case STORE_DELETED:
		return RESULTS_SLOT_TAKEN;
	case STORE_WAITING:
	case STORE_STORING:
	case STORE_FAILED:
	case STORE_STATE_COUNT:
		break;
	}
	return RESULTS_SLOT_FREE;
}

enum results_slot results_slot(const struct result *standing, const struct result_store *mine)
{
	const struct result_store *stands = find_store(standing, mine->store);
	return stands ? judge(stands, mine) : RESULTS_SLOT_FREE;
}

void results_keep_slots(const struct result *standing, struct result *result)
{
	for (size_t i = 0; i < result->stores_count; i++) {
		const struct result_store *stands = find_store(standing, result->stores[i].store);
		if (stands && judge(stands, &result->stores[i]) != RESULTS_SLOT_FREE)
			result->stores[i] = *stands;
	}
	for (size_t i = 0; i < standing->stores_count && result->stores_count < RECORD_STORES_MAX; i++)
		if (!find_store(result, standing->stores[i].store))
			result->stores[result->stores_count++] = standing->stores[i];
}

bool results_covers(const struct result *standing, const struct result *wanted, bool same_states)
{
	for (size_t i = 0; i < wanted->stores_count; i++) {
		const struct result_store *stands = find_store(standing, wanted->stores[i].store);
		if (!stands || (same_states && stands->state != wanted->stores[i].state))
			return false;
	}
	return true;
}
