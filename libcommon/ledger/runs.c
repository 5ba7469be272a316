/* The fold of the runs ledger. Each change is a row: which states it may meet and whose word it must be; runs_apply
 * reads the row, then the record's effect is written down. Nothing here knows a clock, a configuration or Kafka, so
 * that every reader of the same log holds the same state. */
#include "ledger/runs.h"

#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "core/memory.h"
#include "core/text.h"

static const int64_t TWO_DAYS_MS = 2LL * 24 * 3600 * 1000;

/* An entry and its places: by id, and in the order in which ids were first seen. */
struct node {
	struct runs_entry entry; /* first: a pointer to the one is a pointer to the other */
	UT_hash_handle hh;
	struct node *open_next, *open_prev; /* in line */
	bool is_open;
};

struct runs {
	struct node *by_id; /* uthash keeps the order of insertion */
	struct node *open;  /* not ended, in the order of the line */
	int64_t newest_ms;  /* the greatest timestamp seen */
};

#define IN(state) (1u << (state))
static const unsigned HOLDING = IN(RUN_STARTING) | IN(RUN_CAPTURING) | IN(RUN_RECLAIMING);

/* What a change may meet. */
static const struct rule {
	bool first_only;   /* only for an id not seen before */
	unsigned states;   /* of the capture, where it was seen before */
	bool runner_only;  /* only from the incarnation that runs it (a queued capture has none) */
} rules[CHANGE_COUNT] = {
	[CHANGE_QUEUED] = { .first_only = true },
	[CHANGE_REJECTED] = { .first_only = true },
	[CHANGE_CHECK] = { .first_only = true },
	[CHANGE_STOP] = { .states = IN(RUN_QUEUED) | HOLDING | IN(RUN_ENDED) },
	[CHANGE_CANCEL] = { .states = IN(RUN_QUEUED) | HOLDING | IN(RUN_ENDED) },
	[CHANGE_START] = { .states = IN(RUN_QUEUED) },
	[CHANGE_HAND_BACK] = { .states = IN(RUN_STARTING), .runner_only = true },
	[CHANGE_SETUP] = { .states = IN(RUN_STARTING), .runner_only = true },
	[CHANGE_ARMED] = { .states = IN(RUN_STARTING), .runner_only = true },
	[CHANGE_RENEW] = { .states = HOLDING, .runner_only = true },
	[CHANGE_RECLAIM] = { .states = HOLDING },
	[CHANGE_END] = { .states = IN(RUN_QUEUED) | HOLDING, .runner_only = true },
};

struct runs *runs_new(void)
{
	return memory_new(sizeof(struct runs));
}

void runs_free(struct runs *runs)
{
	if (!runs)
		return;
	struct node *node, *next;
	HASH_ITER(hh, runs->by_id, node, next) {
		HASH_DEL(runs->by_id, node);
		free(node->entry.run);
		free(node);
	}
	free(runs);
}

const char *runs_verdict_name(enum runs_verdict verdict)
{
	static const char *const names[] = { "counted", "seen", "outdated", "no room", "refused" };
	return names[verdict];
}

static struct node *node_find(const struct runs *runs, const char *capture_id)
{
	struct node *node;
	HASH_FIND_STR(runs->by_id, capture_id, node);
	return node;
}

struct runs_entry *runs_find(struct runs *runs, const char *capture_id)
{
	struct node *node = node_find(runs, capture_id);
	return node ? &node->entry : NULL;
}

static bool holds(const struct runs_entry *entry)
{
	return !entry->is_check && (IN(entry->state) & HOLDING);
}

size_t runs_holding(const struct runs *runs, const char *target)
{
	size_t count = 0;
	struct node *node;
	DL_FOREACH2(runs->open, node, open_next)
		count += holds(&node->entry) && text_equal(node->entry.target, target);
	return count;
}

static int line_order(struct node *a, struct node *b)
{
	const struct run *x = a->entry.run, *y = b->entry.run;
	if (x->first_in_line != y->first_in_line)
		return x->first_in_line > y->first_in_line ? -1 : 1;
	return (x->inbox_offset > y->inbox_offset) - (x->inbox_offset < y->inbox_offset);
}

static void keep_in_line(struct runs *runs, struct node *node)
{
	bool open = node->entry.state != RUN_ENDED;
	if (open && !node->is_open)
		DL_INSERT_INORDER2(runs->open, node, line_order, open_prev, open_next);
	else if (!open && node->is_open)
		DL_DELETE2(runs->open, node, open_prev, open_next);
	node->is_open = open;
}

/* What a record says of the whole stays, except what only some changes say. */
static void take_body(struct runs_entry *entry, const struct run *record)
{
	if (!entry->run) {
		entry->run = memory_copy(record, sizeof *record);
		return;
	}
	struct run *run = entry->run;
	if (record->has_request) {
		struct run kept = *run;
		*run = *record;
		run->inbox_offset = kept.inbox_offset;
		run->first_in_line = kept.first_in_line;
		if (record->setup.count == 0)
			run->setup = kept.setup;
		return;
	}
	run->version = record->version;
	run->change = record->change;
	run->packets = record->packets;
	run->bytes = record->bytes;
}

static void take_effect(struct runs_entry *entry, const struct run *record, int64_t timestamp_ms)
{
	entry->version = record->version;
	entry->changed_at_ms = timestamp_ms;
	switch (record->change) {
	case CHANGE_STOP:
		entry->stop_asked = true;
		return; /* the state stays */
	case CHANGE_CANCEL:
		entry->cancel_asked = true;
		return;
	case CHANGE_START:
	case CHANGE_RECLAIM:
		TEXT_COPY(entry->incarnation, record->incarnation);
		break;
	case CHANGE_HAND_BACK:
		entry->incarnation[0] = '\0';
		break;
	case CHANGE_QUEUED:
	case CHANGE_REJECTED:
	case CHANGE_CHECK:
	case CHANGE_SETUP:
	case CHANGE_ARMED:
	case CHANGE_RENEW:
	case CHANGE_END:
	case CHANGE_COUNT:
		break;
	}
	if (record->change == CHANGE_RENEW)
		return;
	entry->state = record->state;
	if (record->state == RUN_ENDED) {
		entry->ended_at_ms = timestamp_ms;
		entry->outcome = record->outcome;
	}
}

/* The first record seen of a capture is its base, whatever it is: in a log that retention cut it need not be the
 * first that was written. A stop or a cancel ahead of its request makes a capture that never runs. */
static struct node *take_base(struct runs *runs, const struct run *record, int64_t timestamp_ms)
{
	struct node *node = memory_new(sizeof *node);
	struct runs_entry *entry = &node->entry;
	TEXT_COPY(entry->capture_id, record->capture_id);
	TEXT_COPY(entry->target, record->target);
	entry->is_check = record->change == CHANGE_CHECK;
	entry->state = record->state;
	if (record->state != RUN_QUEUED && record->state != RUN_ENDED)
		TEXT_COPY(entry->incarnation, record->incarnation);
	take_body(entry, record);
	take_effect(entry, record, timestamp_ms);
	if ((entry->stop_asked || entry->cancel_asked) && entry->state == RUN_QUEUED) {
		entry->state = RUN_ENDED;
		entry->ended_at_ms = timestamp_ms;
		entry->outcome = OUTCOME_CANCELLED;
	}
	HASH_ADD_STR(runs->by_id, entry.capture_id, node);
	keep_in_line(runs, node);
	return node;
}

static bool start_is_in_time(const struct runs_entry *entry, int64_t timestamp_ms)
{
	return entry->run->expires_at_ms == RECORD_UNSET || timestamp_ms <= entry->run->expires_at_ms;
}

static enum runs_verdict judge(const struct runs *runs, const struct runs_entry *entry, const struct run *record,
			       int64_t timestamp_ms)
{
	const struct rule *rule = &rules[record->change];
	if (rule->first_only)
		return RUNS_SEEN;
	if (record->version <= entry->version)
		return RUNS_OUTDATED;
	if (!(rule->states & IN(entry->state)))
		return RUNS_REFUSED;
	if (rule->runner_only && entry->incarnation[0] && !text_equal(entry->incarnation, record->incarnation))
		return RUNS_REFUSED;
	if (record->change == CHANGE_START) {
		if (entry->stop_asked || entry->cancel_asked || !start_is_in_time(entry, timestamp_ms))
			return RUNS_REFUSED;
		if ((int64_t)runs_holding(runs, entry->target) >= record->parallel)
			return RUNS_NO_ROOM;
	}
	return RUNS_COUNTED;
}

enum runs_verdict runs_apply(struct runs *runs, const struct run *record, int64_t timestamp_ms,
			     struct runs_entry **ret_entry)
{
	if (timestamp_ms > runs->newest_ms)
		runs->newest_ms = timestamp_ms;
	struct node *node = node_find(runs, record->capture_id);
	if (!node) {
		node = take_base(runs, record, timestamp_ms);
		*ret_entry = &node->entry;
		return RUNS_COUNTED;
	}
	*ret_entry = &node->entry;
	enum runs_verdict verdict = judge(runs, &node->entry, record, timestamp_ms);
	if (verdict != RUNS_COUNTED)
		return verdict;
	bool asks = record->change == CHANGE_STOP || record->change == CHANGE_CANCEL;
	if (!asks || !node->entry.run)
		take_body(&node->entry, record);
	take_effect(&node->entry, record, timestamp_ms);
	keep_in_line(runs, node);
	return RUNS_COUNTED;
}

size_t runs_expire_unfinished(struct runs *runs)
{
	size_t count = 0;
	struct node *node, *next;
	DL_FOREACH_SAFE2(runs->open, node, next, open_next) {
		if (runs->newest_ms - node->entry.changed_at_ms <= TWO_DAYS_MS)
			continue;
		node->entry.state = RUN_ENDED;
		node->entry.outcome = OUTCOME_LOST;
		node->entry.ended_at_ms = node->entry.changed_at_ms;
		keep_in_line(runs, node);
		count++;
	}
	return count;
}

static struct runs_entry *entry_of(struct node *node)
{
	return node ? &node->entry : NULL;
}

struct runs_entry *runs_first_open(const struct runs *runs)
{
	return entry_of(runs->open);
}

struct runs_entry *runs_next_open(const struct runs_entry *entry)
{
	return entry_of(((const struct node *)entry)->open_next);
}

struct runs_entry *runs_first(const struct runs *runs)
{
	return entry_of(runs->by_id);
}

struct runs_entry *runs_next(const struct runs_entry *entry)
{
	return entry_of(((const struct node *)entry)->hh.next);
}

void runs_forget_bodies(struct runs *runs, int64_t before_ms)
{
	for (struct node *node = runs->by_id; node; node = node->hh.next) {
		if (node->entry.state != RUN_ENDED || node->entry.ended_at_ms >= before_ms)
			continue;
		free(node->entry.run);
		node->entry.run = NULL;
	}
}
