/* The functions of ledger/ledger.h that the worker's parts use, over a list and the real fold. */
#include "ledger_testing.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"

enum { RECORDS_MAX = 64 };

struct proposal {
	int32_t partition;
	struct run record;
};

struct ledger {
	int32_t partitions;
	struct runs **runs;
	struct error refuses;
	int64_t last_nonce;
	size_t count;
	struct proposal proposals[RECORDS_MAX];
	struct run read;
	struct ledger_news news;
};

struct ledger *testing_ledger_new(int32_t partitions)
{
	struct ledger *ledger = memory_new(sizeof *ledger);

	ledger->partitions = partitions;
	ledger->runs = memory_array((size_t)partitions, sizeof *ledger->runs);
	for (int32_t i = 0; i < partitions; i++)
		ledger->runs[i] = runs_new();
	return ledger;
}

void ledger_close(struct ledger *ledger)
{
	for (int32_t i = 0; i < ledger->partitions; i++)
		runs_free(ledger->runs[i]);
	free(ledger->runs);
	free(ledger);
}

void testing_ledger_refuses(struct ledger *ledger, struct error refuses)
{
	ledger->refuses = refuses;
}

int32_t ledger_partitions(const struct ledger *ledger)
{
	return ledger->partitions;
}

struct runs *ledger_runs(struct ledger *ledger, int32_t partition)
{
	return ledger->runs[partition];
}

int ledger_propose(struct ledger *ledger, int32_t partition, struct run *record, int64_t *ret_nonce,
		   struct error *error)
{
	struct runs_entry *entry = runs_find(ledger->runs[partition], record->capture_id);

	if (ledger->refuses.kind != ERROR_NONE) {
		*error = ledger->refuses;
		return -1;
	}
	if (ledger->count == RECORDS_MAX)
		abort();
	TEXT_COPY(record->incarnation, TESTING_INCARNATION);
	record->nonce = ++ledger->last_nonce;
	ledger->proposals[ledger->count++] = (struct proposal){ partition, *record };
	if (entry) {
		entry->pending_nonce = record->nonce;
		entry->pending_boot_ms = clock_boot_ms();
	}
	*ret_nonce = record->nonce;
	return 0;
}

size_t testing_proposed(const struct ledger *ledger)
{
	return ledger->count;
}

const struct run *testing_oldest(const struct ledger *ledger)
{
	return ledger->count > 0 ? &ledger->proposals[0].record : NULL;
}

static struct proposal take_oldest(struct ledger *ledger)
{
	if (ledger->count == 0)
		abort();
	struct proposal oldest = ledger->proposals[0];
	ledger->count--;
	memmove(ledger->proposals, ledger->proposals + 1, ledger->count * sizeof *ledger->proposals);
	return oldest;
}

const struct ledger_news *testing_read_back(struct ledger *ledger)
{
	struct proposal oldest = take_oldest(ledger);

	return testing_read(ledger, oldest.partition, &oldest.record);
}

const struct ledger_news *testing_read(struct ledger *ledger, int32_t partition, const struct run *record)
{
	struct ledger_news *news = &ledger->news;

	ledger->read = *record;
	*news = (struct ledger_news){ .partition = partition, .record = &ledger->read,
				      .mine = text_equal(record->incarnation, TESTING_INCARNATION) };
	news->verdict = runs_apply(ledger->runs[partition], record, clock_wall_ms(), &news->entry);
	if (news->mine && news->entry->pending_nonce == record->nonce) {
		news->handed_over_boot_ms = news->entry->pending_boot_ms;
		news->entry->pending_nonce = 0;
	}
	return news;
}

int64_t testing_give_up(struct ledger *ledger)
{
	struct proposal oldest = take_oldest(ledger);
	struct runs_entry *entry = runs_find(ledger->runs[oldest.partition], oldest.record.capture_id);

	if (entry && entry->pending_nonce == oldest.record.nonce)
		entry->pending_nonce = 0;
	return oldest.record.nonce;
}
