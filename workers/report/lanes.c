/* Keeps the offsets of the group's partitions. Its one idea: of each the oldest that somebody still needs passes, and
 * no later one. */
#include "lanes.h"

#include <inttypes.h>
#include <utlist.h>

#include "bus/consumer.h"
#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/memory.h"
#include "record/names.h"

struct lane {
	bool owned;
	int64_t next_offset; /* behind what was handed out; RECORD_UNSET: nothing yet */
	int64_t pass_offset; /* what would be stored, while it is worked out */
};

/* A dead letter on its way. */
struct letter {
	int32_t partition;
	int64_t offset;
	struct letter *prev, *next;
};

/* What became of one, from the producer's thread. */
struct receipt {
	struct letter *letter;
	struct error error; /* ERROR_NONE: it arrived */
};

struct lanes {
	struct producer *producer;
	struct mailbox *receipts;
	struct letter *letters;
	int32_t count;
	struct lane lanes[];
};

struct lanes *lanes_new(int32_t count, struct producer *producer)
{
	struct lanes *lanes = memory_new(sizeof *lanes + (size_t)count * sizeof lanes->lanes[0]);
	lanes->producer = producer;
	lanes->count = count;
	lanes->receipts = mailbox_new(free);
	if (lanes->receipts)
		return lanes;
	free(lanes);
	return NULL;
}

void lanes_free(struct lanes *lanes)
{
	struct letter *letter, *next;
	if (!lanes)
		return;
	mailbox_free(lanes->receipts);
	DL_FOREACH_SAFE(lanes->letters, letter, next)
		free(letter);
	free(lanes);
}

int lanes_fd(const struct lanes *lanes)
{
	return mailbox_fd(lanes->receipts);
}

bool lanes_have(const struct lanes *lanes, int32_t partition)
{
	return partition >= 0 && partition < lanes->count;
}

void lanes_set_owned(struct lanes *lanes, int32_t partition, bool owned)
{
	if (lanes_have(lanes, partition))
		lanes->lanes[partition] = (struct lane){ .owned = owned, .next_offset = RECORD_UNSET };
}

bool lanes_own(const struct lanes *lanes, int32_t partition)
{
	return lanes_have(lanes, partition) && lanes->lanes[partition].owned;
}

void lanes_taken(struct lanes *lanes, const struct bus_record *record)
{
	if (lanes_own(lanes, record->partition))
		lanes->lanes[record->partition].next_offset = record->offset + 1;
}

/* In the producer's thread. */
static void delivered(void *context, void *token, const struct producer_receipt *from)
{
	struct lanes *lanes = context;
	struct receipt *receipt = memory_new(sizeof *receipt);
	receipt->letter = token;
	if (!from->ok)
		receipt->error = *from->error;
	mailbox_post(lanes->receipts, (uint64_t)receipt->letter->offset, receipt->letter->partition, receipt);
}

int lanes_bury(struct lanes *lanes, const struct bus_record *record, const struct error *why, struct error *error)
{
	struct letter *letter = memory_new(sizeof *letter);
	letter->partition = record->partition;
	letter->offset = record->offset;
	const struct dead_letter dead = { .stage = "report", .reason = why->word, .detail = why->text,
					  .with_value = true, .delivered = delivered, .context = lanes,
					  .token = letter };
	log_warning(NULL, "event at %s-%" PRId32 "/%" PRId64 " becomes a dead letter: %s", record->topic,
		    record->partition, record->offset, why->text);
	if (dead_letter_send(lanes->producer, record, &dead, error) < 0) {
		free(letter);
		return error_context(error, "a dead letter");
	}
	DL_APPEND(lanes->letters, letter);
	return 0;
}

size_t lanes_burying(const struct lanes *lanes)
{
	size_t count = 0;
	for (const struct letter *letter = lanes->letters; letter; letter = letter->next)
		count++;
	return count;
}

int lanes_turn(struct lanes *lanes, struct error *error)
{
	struct mailbox_message message;
	int result = 0;
	while (mailbox_take(lanes->receipts, &message)) {
		CLEANUP_FREE struct receipt *receipt = message.payload;
		if (receipt->error.kind == ERROR_NONE) {
			DL_DELETE(lanes->letters, receipt->letter);
			free(receipt->letter);
			result = result < 0 ? result : 1;
		} else { /* it stays: its offset must not pass */
			*error = receipt->error;
			result = error_context(error, "a dead letter");
		}
	}
	return result;
}

void lanes_keep(struct view_request *request, struct view_capture *capture, const struct event *event, int64_t offset)
{
	if (request->untold_offset == RECORD_UNSET)
		request->untold_offset = offset;
	if (event->kind == EVENT_ENDED && capture->held_offset == RECORD_UNSET)
		capture->held_offset = offset;
}

static void hold(struct lanes *lanes, int32_t partition, int64_t offset)
{
	if (offset != RECORD_UNSET && lanes_have(lanes, partition) && offset < lanes->lanes[partition].pass_offset)
		lanes->lanes[partition].pass_offset = offset;
}

void lanes_begin(struct lanes *lanes)
{
	for (int32_t i = 0; i < lanes->count; i++)
		lanes->lanes[i].pass_offset = lanes->lanes[i].next_offset;
	for (const struct letter *letter = lanes->letters; letter; letter = letter->next)
		hold(lanes, letter->partition, letter->offset);
}

void lanes_hold(struct lanes *lanes, struct view_request *request)
{
	hold(lanes, request->partition, request->untold_offset);
	for (size_t i = 0; i < request->captures_count; i++) {
		struct view_capture *capture = request->captures[i];
		if (capture->phase == VIEW_DONE && request->untold_offset == RECORD_UNSET)
			capture->held_offset = RECORD_UNSET;
		hold(lanes, request->partition, capture->held_offset);
	}
}

void lanes_store(struct lanes *lanes, struct consumer *consumer)
{
	for (int32_t i = 0; i < lanes->count; i++)
		if (lanes->lanes[i].owned && lanes->lanes[i].pass_offset != RECORD_UNSET)
			consumer_store(consumer, "events", i, lanes->lanes[i].pass_offset);
}
