/* What to do next, read off the fold. One pass over what is not ended, in the order of the line: the ends that the
 * owner decides first, then starts while there is room, then the runner's renewals and the owner's takeovers. */
#include "ledger/runs_decide.h"

#include <string.h>

#include "core/error.h"
#include "core/text.h"

struct pass {
	struct runs *runs;
	const struct runs_me *me;
	struct decision *decisions;
	size_t count, maximum;
	int64_t starts; /* decided in this pass */
};

/* The record that changes `entry` next: its version is one more, its body as it stands. */
static struct decision *decide(struct pass *pass, enum decision_kind kind, struct runs_entry *entry,
			       enum run_change change, enum run_state state)
{
	if (pass->count == pass->maximum)
		return NULL;
	struct decision *decision = &pass->decisions[pass->count++];
	decision->kind = kind;
	decision->entry = entry;
	decision->record = *entry->run;
	struct run *record = &decision->record;
	record->version = entry->version + 1;
	record->change = change;
	record->state = state;
	TEXT_COPY(record->writer, pass->me->worker);
	return decision;
}

static void end(struct pass *pass, enum decision_kind kind, struct runs_entry *entry, enum outcome_state outcome,
		enum error_word reason, const char *detail)
{
	struct decision *decision = decide(pass, kind, entry, CHANGE_END, RUN_ENDED);
	if (!decision)
		return;
	decision->record.outcome = outcome;
	TEXT_COPY(decision->record.reason, error_word_name(reason));
	TEXT_COPY(decision->record.detail, detail);
}

static bool refused_by_me(const struct pass *pass, const struct runs_entry *entry)
{
	const char *at = entry->run->not_me;
	size_t size = strlen(pass->me->worker);
	while (*at) {
		size_t word = strcspn(at, " ");
		if (word == size && memcmp(at, pass->me->worker, size) == 0)
			return true;
		at += word + strspn(at + word, " ");
	}
	return false;
}

/* Starts of this pass are not in the fold yet, and take room all the same. */
static int64_t starts_on(const struct pass *pass, const char *target)
{
	int64_t count = 0;
	for (size_t i = 0; i < pass->count; i++)
		count += pass->decisions[i].kind == DECIDE_START &&
			 text_equal(pass->decisions[i].entry->target, target);
	struct runs_entry *entry = runs_first_open(pass->runs);
	for (; entry; entry = runs_next_open(entry))
		count += entry->state == RUN_QUEUED && entry->pending_nonce != 0 && text_equal(entry->target, target);
	return count;
}

static void replace_the_oldest(struct pass *pass, const struct runs_entry *entry)
{
	struct runs_entry *oldest = NULL, *other = runs_first_open(pass->runs);
	for (; other; other = runs_next_open(other)) {
		if (other->state == RUN_QUEUED || other->is_check || !text_equal(other->target, entry->target))
			continue;
		if (other->stop_asked || other->cancel_asked || other->pending_nonce)
			return; /* one is on its way out */
		if (!oldest || other->run->inbox_offset < oldest->run->inbox_offset)
			oldest = other;
	}
	struct decision *decision = oldest ? decide(pass, DECIDE_REPLACE, oldest, CHANGE_STOP, oldest->state) : NULL;
	if (!decision)
		return;
	TEXT_COPY(decision->record.asked_by, entry->run->request.requested_by);
	TEXT_COPY(decision->record.reason, error_word_name(WORD_replaced));
}

static void consider_queued(struct pass *pass, struct runs_entry *entry)
{
	const struct runs_me *me = pass->me;
	const struct run *run = entry->run;
	if (me->owner && (entry->stop_asked || entry->cancel_asked)) {
		end(pass, DECIDE_DROP, entry, OUTCOME_CANCELLED,
		    entry->cancel_asked ? WORD_cancelled : WORD_stopped, "taken back before it began");
		return;
	}
	if (run->expires_at_ms != RECORD_UNSET && me->now_wall_ms > run->expires_at_ms) {
		if (me->owner)
			end(pass, DECIDE_EXPIRE, entry, OUTCOME_EXPIRED, WORD_expired,
			    "it was not its turn before the request expired");
		return;
	}
	if (entry->stop_asked || entry->cancel_asked)
		return;
	int64_t parallel = me->parallel(me->context, entry->target);
	int64_t taken = (int64_t)runs_holding(pass->runs, entry->target) + starts_on(pass, entry->target);
	if (parallel > 0 && taken < parallel) {
		if (pass->starts >= me->slots || refused_by_me(pass, entry))
			return;
		struct decision *decision = decide(pass, DECIDE_START, entry, CHANGE_START, RUN_STARTING);
		if (!decision)
			return;
		decision->record.parallel = parallel;
		TEXT_COPY(decision->record.runner, me->worker);
		pass->starts++;
	} else if (me->owner && run->first_in_line && parallel > 0) {
		replace_the_oldest(pass, entry);
	}
}

/* What was taken over ends as lost, or as partial where its runner had said that it has packets; what is in Kafka of it
 * is the truth, and upload's to find. */
static void close_lost(struct pass *pass, struct runs_entry *entry)
{
	end(pass, DECIDE_CLOSE, entry, entry->run->packets > 0 ? OUTCOME_PARTIAL : OUTCOME_LOST, WORD_worker_lost,
	    "its worker died, or lost Kafka; later packets were not recorded");
}

static void consider_holding(struct pass *pass, struct runs_entry *entry)
{
	const struct runs_me *me = pass->me;
	bool mine = text_equal(entry->incarnation, me->incarnation);
	int64_t quiet_ms = me->now_boot_ms - entry->heard_boot_ms;
	if (mine && entry->state == RUN_RECLAIMING) {
		close_lost(pass, entry);
	} else if (mine && quiet_ms >= RUNS_RENEW_MS) {
		struct decision *decision = decide(pass, DECIDE_RENEW, entry, CHANGE_RENEW, entry->state);
		if (decision)
			decision->record.has_request = false;
	} else if (!mine && me->owner && quiet_ms >= RUNS_LOST_MS) {
		struct decision *decision = decide(pass, DECIDE_RECLAIM, entry, CHANGE_RECLAIM, RUN_RECLAIMING);
		if (decision)
			TEXT_COPY(decision->record.runner, me->worker);
	}
}

size_t runs_decide(struct runs *runs, const struct runs_me *me, struct decision *ret_decisions, size_t maximum)
{
	struct pass pass = { .runs = runs, .me = me, .decisions = ret_decisions, .maximum = maximum };
	struct runs_entry *entry = runs_first_open(runs);
	for (; entry && pass.count < maximum; entry = runs_next_open(entry)) {
		if (entry->pending_nonce || entry->is_check || !entry->run)
			continue;
		if (entry->state == RUN_QUEUED)
			consider_queued(&pass, entry);
		else
			consider_holding(&pass, entry);
	}
	return pass.count;
}

int64_t runs_position(const struct runs *runs, const struct runs_entry *entry)
{
	int64_t position = 1;
	struct runs_entry *other = runs_first_open(runs);
	for (; other && other != entry; other = runs_next_open(other))
		position += other->state == RUN_QUEUED && !other->is_check &&
			    text_equal(other->target, entry->target);
	return position;
}

const struct runs_entry *runs_holder(const struct runs *runs, const char *target, int64_t *ret_until_ms)
{
	const struct runs_entry *holder = NULL, *entry = runs_first_open(runs);
	int64_t until_ms = RECORD_UNSET;
	for (; entry; entry = runs_next_open(entry)) {
		if (entry->state == RUN_QUEUED || entry->is_check || !text_equal(entry->target, target))
			continue;
		int64_t ends_ms = RECORD_UNSET;
		if (entry->run->armed_at_ns != RECORD_UNSET && entry->run->request.timeout_s != RECORD_UNSET)
			ends_ms = entry->run->armed_at_ns / 1000000 + entry->run->request.timeout_s * 1000;
		if (!holder || ends_ms > until_ms) {
			holder = entry;
			until_ms = ends_ms;
		}
	}
	*ret_until_ms = until_ms;
	return holder;
}
