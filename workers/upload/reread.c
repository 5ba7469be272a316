/* A follower of one partition, thrown away when it is through. It is past an offset when a record behind it came, or
 * when Kafka said that the log ends there: what lay before may be gone. */
#include "reread.h"

#include "bus/consumer.h"
#include "core/clock.h"
#include "core/log.h"

enum { QUEUE_KBYTES = 8192, KAFKA_WAIT_MS = 2000 };

struct reread {
	struct client *client;
	struct consumer *consumer; /* NULL: does not read */
	int64_t next_offset;       /* everything before it was taken, or is gone */
};

struct reread *reread_new(struct client *client)
{
	struct reread *reread = memory_new(sizeof *reread);
	reread->client = client;
	return reread;
}

void reread_free(struct reread *reread)
{
	if (!reread)
		return;
	reread_end(reread);
	free(reread);
}

static void ended(void *context, const char *topic, int32_t partition, int64_t offset)
{
	struct reread *reread = context;
	(void)topic;
	(void)partition;
	if (offset > reread->next_offset)
		reread->next_offset = offset;
}

int reread_begin(struct reread *reread, int32_t partition, int64_t first_offset, struct error *error)
{
	const struct consumer_part part = { "chunks", partition, CONSUMER_FROM_OFFSET, first_offset };
	const struct consumer_callbacks callbacks = { .context = reread, .ended = ended };
	reread->next_offset = first_offset;
	reread->consumer = consumer_new_follower(reread->client, &part, 1, QUEUE_KBYTES, &callbacks,
						 clock_boot_ms() + KAFKA_WAIT_MS, error);
	return reread->consumer ? 0 : -1;
}

void reread_end(struct reread *reread)
{
	consumer_free(reread->consumer);
	reread->consumer = NULL;
}

bool reread_is_reading(const struct reread *reread)
{
	return reread->consumer != NULL;
}

int reread_fd(const struct reread *reread)
{
	return reread->consumer ? consumer_fd(reread->consumer) : -1;
}

enum reread_answer reread_take(struct reread *reread, int64_t last_offset, struct bus_record *ret_record)
{
	struct error said = { 0 };
	if (reread->next_offset > last_offset)
		return REREAD_PAST;
	int answer = consumer_take(reread->consumer, ret_record, &said);
	if (answer < 0)
		log_warning(NULL, "reading chunks again: %s", said.text);
	if (answer != 1)
		return reread->next_offset > last_offset ? REREAD_PAST : REREAD_WAITS;
	reread->next_offset = ret_record->offset + 1;
	return ret_record->offset > last_offset ? REREAD_PAST : REREAD_RECORD;
}
