/* Sends records of threads. Its one idea: a receipt that says yes is thrown away, because only the log says so. */
#include "telling/proposals.h"

#include <string.h>

#include "bus/producer.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/memory.h"
#include "record/frame.h"

struct proposals {
	struct producer *producer;
	struct mailbox *failures; /* sender: the nonce */
};

struct proposals *proposals_new(struct producer *producer)
{
	struct proposals *proposals = memory_new(sizeof *proposals);
	proposals->producer = producer;
	proposals->failures = mailbox_new(NULL);
	if (proposals->failures)
		return proposals;
	free(proposals);
	return NULL;
}

void proposals_free(struct proposals *proposals)
{
	if (!proposals)
		return;
	mailbox_free(proposals->failures);
	free(proposals);
}

/* In the producer's thread. */
static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct proposals *proposals = context;
	CLEANUP_FREE int64_t *nonce = token;
	if (receipt->ok)
		return;
	log_warning(NULL, "threads: %s", receipt->error->text);
	mailbox_post(proposals->failures, (uint64_t)*nonce, 0, NULL);
}

int proposals_send(struct proposals *proposals, const struct thread *record, struct error *error)
{
	void *value;
	size_t value_size;
	if (frame_encode_new(&thread_record, record, &value, &value_size, error) < 0)
		return error_context(error, "the thread of %s", record->request_id);
	int64_t *nonce = memory_copy(&record->nonce, sizeof record->nonce);
	const struct producer_message message = {
		.topic = "threads", .partition = PRODUCER_BY_KEY,
		.key = record->request_id, .key_size = strlen(record->request_id),
		.value = value, .value_size = value_size, .value_is_given = true,
		.delivered = delivered, .context = proposals, .token = nonce,
	};
	if (producer_send(proposals->producer, &message, error) == 0)
		return 0;
	free(value);
	free(nonce);
	return -1;
}

int proposals_fd(const struct proposals *proposals)
{
	return mailbox_fd(proposals->failures);
}

bool proposals_take(struct proposals *proposals, int64_t *ret_nonce)
{
	struct mailbox_message message;
	if (!mailbox_take(proposals->failures, &message))
		return false;
	*ret_nonce = (int64_t)message.sender;
	return true;
}
