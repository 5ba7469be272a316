/* How a capture ended. The order of the questions is the answer: who discarded it wins over what went wrong, that
 * over who stopped it, that over what Kafka lost, and only what nothing disturbed is complete, empty or blind. */
#include "outcome.h"

#include "core/text.h"

/* By enum session_stop. */
static const struct {
	enum stopped_by stopped_by;
	enum outcome_state outcome;
	enum error_word reason;
} stops[] = {
	[SESSION_GO_ON] = { STOPPED_BY_NOTHING, OUTCOME_COMPLETE, WORD_none },
	[SESSION_STOP_SHUTDOWN] = { STOPPED_BY_SHUTDOWN, OUTCOME_PARTIAL, WORD_shutdown },
	[SESSION_STOP_REPLACE] = { STOPPED_BY_REPLACE, OUTCOME_PARTIAL, WORD_replaced },
	[SESSION_STOP] = { STOPPED_BY_STOP, OUTCOME_PARTIAL, WORD_stopped },
	[SESSION_CANCEL] = { STOPPED_BY_CANCEL, OUTCOME_CANCELLED, WORD_cancelled },
	[SESSION_ABANDON] = { STOPPED_BY_FAILURE, OUTCOME_PARTIAL, WORD_worker_lost },
};

enum stopped_by outcome_stopped_by(enum session_stop how)
{
	return stops[how].stopped_by;
}

static void say(struct chunk_end *end, enum outcome_state outcome, enum stopped_by stopped_by, enum error_word reason)
{
	end->outcome = outcome;
	end->stopped_by = stopped_by;
	TEXT_COPY(end->reason, reason == WORD_none ? "" : error_word_name(reason));
}

void outcome_judge(const struct outcome_facts *facts, struct chunk_end *end)
{
	enum session_stop how = facts->armed ? facts->stopped_how : facts->told;
	bool by_loop = how != SESSION_GO_ON && (!facts->armed || facts->stopped_by == stops[how].stopped_by);

	end->detail[0] = '\0';
	if (facts->told == SESSION_CANCEL) {
		say(end, OUTCOME_CANCELLED, STOPPED_BY_CANCEL, WORD_cancelled);
	} else if (facts->failure->kind != ERROR_NONE) {
		say(end, facts->armed ? OUTCOME_PARTIAL : OUTCOME_FAILED, STOPPED_BY_FAILURE, facts->failure->word);
		TEXT_COPY(end->detail, facts->failure->text);
	} else if (by_loop) {
		say(end, facts->armed ? stops[how].outcome : OUTCOME_CANCELLED, stops[how].stopped_by,
		    stops[how].reason);
	} else if (facts->chunks_lost > 0) {
		say(end, OUTCOME_PARTIAL, facts->stopped_by, WORD_packets_missing);
		TEXT_FORMAT(end->detail, "Kafka did not take %lld of the chunks", (long long)facts->chunks_lost);
	} else if (end->packets == 0 && facts->stopped_by == STOPPED_BY_BYTES) {
		say(end, OUTCOME_FAILED, STOPPED_BY_BYTES, WORD_bytes_limit);
		TEXT_COPY(end->detail, "the first packet that matched is larger than the bytes asked for");
	} else if (end->packets == 0) {
		/* RECORD_UNSET is less than 0: where nobody counted, nothing is said about the filter. */
		say(end, end->seen_total > 0 ? OUTCOME_EMPTY : OUTCOME_BLIND, facts->stopped_by, WORD_none);
	} else {
		say(end, OUTCOME_COMPLETE, facts->stopped_by, WORD_none);
	}
}
