/* The envelope in headers: a text each, so that kcat shows them. */
#include "ledger/envelope.h"

#include <inttypes.h>
#include <string.h>

#include "core/text.h"

static const char *const header_names[ENVELOPE_HEADERS] = {
	"capbus-version", "capbus-change", "capbus-state", "capbus-target",
	"capbus-writer", "capbus-incarnation", "capbus-nonce", "capbus-parallel",
};

void envelope_put(struct envelope *envelope, const struct run *run)
{
	char (*texts)[ENVELOPE_TEXT_SIZE] = envelope->texts;
	TEXT_FORMAT(texts[0], "%" PRId64, run->version);
	TEXT_COPY(texts[1], names_run_change[run->change]);
	TEXT_COPY(texts[2], names_run_state[run->state]);
	TEXT_COPY(texts[3], run->target);
	TEXT_COPY(texts[4], run->writer);
	TEXT_COPY(texts[5], run->incarnation);
	TEXT_FORMAT(texts[6], "%" PRId64, run->nonce);
	TEXT_FORMAT(texts[7], "%" PRId64, run->parallel);
	for (size_t i = 0; i < ENVELOPE_HEADERS; i++)
		envelope->headers[i] = (struct bus_header){ header_names[i], texts[i], strlen(texts[i]) };
}

static bool get_integer(const struct bus_record *record, const char *name, int64_t minimum, int64_t *ret_value)
{
	char text[ENVELOPE_TEXT_SIZE];
	return bus_record_header_text(record, name, text, sizeof text) &&
	       text_to_integer(text, minimum, INT64_MAX, ret_value) == 0;
}

static int name_index(const struct bus_record *record, const char *header, const char *const *names, int count)
{
	char text[ENVELOPE_TEXT_SIZE];
	if (!bus_record_header_text(record, header, text, sizeof text))
		return -1;
	for (int i = 0; i < count; i++)
		if (text_equal(names[i], text))
			return i;
	return count;
}

bool envelope_get(const struct bus_record *record, struct run *ret_run)
{
	struct run run;
	record_init(&run_record, &run);
	if (!record->key || !text_copy_bytes(run.capture_id, sizeof run.capture_id, (const char *)record->key,
					     record->key_size) || !text_is_id(run.capture_id))
		return false;
	int change = name_index(record, "capbus-change", names_run_change, CHANGE_COUNT);
	int state = name_index(record, "capbus-state", names_run_state, RUN_STATE_COUNT);
	if (change < 0 || state < 0 || state == RUN_STATE_COUNT)
		return false;
	run.change = change == CHANGE_COUNT ? CHANGE_RENEW : (enum run_change)change;
	run.state = (enum run_state)state;
	if (!get_integer(record, "capbus-version", 1, &run.version) ||
	    !get_integer(record, "capbus-nonce", 0, &run.nonce) ||
	    !get_integer(record, "capbus-parallel", 0, &run.parallel) ||
	    !bus_record_header_text(record, "capbus-target", run.target, sizeof run.target) ||
	    !bus_record_header_text(record, "capbus-writer", run.writer, sizeof run.writer) ||
	    !bus_record_header_text(record, "capbus-incarnation", run.incarnation, sizeof run.incarnation) ||
	    !text_is_id(run.target))
		return false;
	*ret_run = run;
	return true;
}
