/* Every way a capture can end, as a row. */
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

struct row {
	const char *what;
	bool armed;
	enum session_stop told;
	enum session_stop stopped_how;
	enum stopped_by stopped_by;
	enum error_word failure;
	int64_t chunks_lost;
	int64_t packets;
	int64_t seen_total;
	enum outcome_state outcome;
	enum stopped_by expected_by;
	const char *reason;
};

#define GO_ON SESSION_GO_ON, SESSION_GO_ON
static const struct row rows[] = {
	{ "count", true, GO_ON, STOPPED_BY_COUNT, WORD_none, 0, 9, 9, OUTCOME_COMPLETE, STOPPED_BY_COUNT, "" },
	{ "time", true, GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 9, 9, OUTCOME_COMPLETE, STOPPED_BY_TIMEOUT, "" },
	{ "no match", true, GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 0, 1, OUTCOME_EMPTY, STOPPED_BY_TIMEOUT, "" },
	{ "silence", true, GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 0, 0, OUTCOME_BLIND, STOPPED_BY_TIMEOUT, "" },
	{ "nobody counted", true, GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 0, RECORD_UNSET, OUTCOME_BLIND,
	  STOPPED_BY_TIMEOUT, "" },
	{ "stopped", true, SESSION_STOP, SESSION_STOP, STOPPED_BY_STOP, WORD_none, 0, 0, 0, OUTCOME_PARTIAL,
	  STOPPED_BY_STOP, "stopped" },
	{ "replaced", true, SESSION_STOP_REPLACE, SESSION_STOP_REPLACE, STOPPED_BY_REPLACE, WORD_none, 0, 1, 1,
	  OUTCOME_PARTIAL, STOPPED_BY_REPLACE, "replaced" },
	{ "worker ends", true, SESSION_STOP_SHUTDOWN, SESSION_STOP_SHUTDOWN, STOPPED_BY_SHUTDOWN, WORD_none, 0, 1, 1,
	  OUTCOME_PARTIAL, STOPPED_BY_SHUTDOWN, "shutdown" },
	{ "worker ends, then a stop", true, SESSION_STOP, SESSION_STOP_SHUTDOWN, STOPPED_BY_SHUTDOWN, WORD_none, 0, 1,
	  1, OUTCOME_PARTIAL, STOPPED_BY_SHUTDOWN, "shutdown" },
	{ "stop after the time was over", true, SESSION_STOP, SESSION_GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 9, 9,
	  OUTCOME_COMPLETE, STOPPED_BY_TIMEOUT, "" },
	{ "count while the last packets were read", true, SESSION_STOP, SESSION_STOP, STOPPED_BY_COUNT, WORD_none, 0,
	  9, 9, OUTCOME_COMPLETE, STOPPED_BY_COUNT, "" },
	{ "discarded", true, SESSION_CANCEL, SESSION_CANCEL, STOPPED_BY_CANCEL, WORD_none, 0, 9, 9, OUTCOME_CANCELLED,
	  STOPPED_BY_CANCEL, "cancelled" },
	{ "discarded after its time", true, SESSION_CANCEL, SESSION_GO_ON, STOPPED_BY_TIMEOUT, WORD_none, 0, 9, 9,
	  OUTCOME_CANCELLED, STOPPED_BY_CANCEL, "cancelled" },
	{ "stopped before armed", false, SESSION_STOP, SESSION_GO_ON, STOPPED_BY_NOTHING, WORD_none, 0, 0,
	  RECORD_UNSET, OUTCOME_CANCELLED, STOPPED_BY_STOP, "stopped" },
	{ "never armed", false, GO_ON, STOPPED_BY_NOTHING, WORD_interface_missing, 0, 0, RECORD_UNSET, OUTCOME_FAILED,
	  STOPPED_BY_FAILURE, "interface_missing" },
	{ "interface gone", true, GO_ON, STOPPED_BY_FAILURE, WORD_interface_gone, 0, 0, 0, OUTCOME_PARTIAL,
	  STOPPED_BY_FAILURE, "interface_gone" },
	{ "lease over, then a stop", true, SESSION_STOP, SESSION_GO_ON, STOPPED_BY_FAILURE, WORD_kafka_lost, 0, 1, 1,
	  OUTCOME_PARTIAL, STOPPED_BY_FAILURE, "kafka_lost" },
	{ "bytes for no packet", true, GO_ON, STOPPED_BY_BYTES, WORD_none, 0, 0, 9, OUTCOME_FAILED, STOPPED_BY_BYTES,
	  "bytes_limit" },
	{ "chunks lost", true, GO_ON, STOPPED_BY_COUNT, WORD_none, 2, 9, 9, OUTCOME_PARTIAL, STOPPED_BY_COUNT,
	  "packets_missing" },
};

static void each_end_has_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct error failure = { .kind = row->failure == WORD_none ? ERROR_NONE : ERROR_AWAY,
					 .word = row->failure, .text = "why" };
		struct outcome_facts facts = { .armed = row->armed, .told = row->told,
					       .stopped_how = row->stopped_how, .stopped_by = row->stopped_by,
					       .failure = &failure, .chunks_lost = row->chunks_lost };
		struct chunk_end end = { .packets = row->packets, .seen_total = row->seen_total };

		outcome_judge(&facts, &end);
		if (end.outcome != row->outcome || end.stopped_by != row->expected_by ||
		    !text_equal(end.reason, row->reason))
			fail_msg("%s: outcome %d, stopped by %d, reason `%s`", row->what, (int)end.outcome,
				 (int)end.stopped_by, end.reason);
		assert_string_equal(end.detail, row->failure != WORD_none ? "why"
						: row->chunks_lost > 0  ? "Kafka did not take 2 of the chunks"
						: row->outcome == OUTCOME_FAILED
							? "the first packet that matched is larger than the bytes "
							  "asked for"
									: "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_end_has_its_words),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
