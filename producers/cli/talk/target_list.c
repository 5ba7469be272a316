/* Reads the targets that the capture stage publishes. Its one idea: the topic is a compacted table of some hundred
 * rows, so it is read whole each time, and nothing about it is kept anywhere. */
#include "talk/target_list.h"

#include <poll.h>

#include "bus/consumer.h"
#include "core/clock.h"
#include "core/signals.h"
#include "core/text.h"
#include "record/frame.h"

enum { TARGET_LIST_QUEUE_KBYTES = 1024 };

/* One that cannot be read is a target that cannot be judged: it is told, and left out. */
static void take(const struct cli *cli, struct targets *targets, const struct bus_record *record)
{
	struct target target;
	struct error unreadable;
	char name[RECORD_TARGET_SIZE];
	if (record->value) {
		const struct record_type *type = &target_record;
		if (frame_decode(type, record->value, record->value_size, NULL, &target, &unreadable) == 0) {
			targets_put(targets, &target);
			return;
		}
		error_context(&unreadable, "targets, offset %jd", (intmax_t)record->offset);
		cli_say(cli, unreadable.text);
	} else if (record->key && text_copy_bytes(name, sizeof name, (const char *)record->key, record->key_size)) {
		targets_remove(targets, name);
	}
}

static int read_to_end(const struct cli *cli, struct consumer *consumer, struct targets *targets, struct error *error)
{
	int64_t deadline_boot_ms = cli_deadline_ms();
	struct bus_record record;
	while (!consumer_at_end(consumer)) {
		struct pollfd fds[] = { { .fd = consumer_fd(consumer), .events = POLLIN },
					{ .fd = cli->signals_fd, .events = POLLIN } };
		poll(fds, sizeof fds / sizeof fds[0], clock_poll_ms(deadline_boot_ms, 1000));
		if (cli->signals_fd >= 0 && signals_take(cli->signals_fd) != 0)
			return error_set(error, ERROR_STOPPED, WORD_stopped, "interrupted");
		int taken;
		while ((taken = consumer_take(consumer, &record, error)) == 1)
			take(cli, targets, &record);
		if (taken < 0)
			return -1;
		if (clock_boot_ms() >= deadline_boot_ms)
			return error_set(error, ERROR_AWAY, WORD_kafka_away,
					 "Kafka did not send the list of targets in time");
	}
	return 0;
}

struct targets *target_list_read(const struct cli *cli, struct error *error)
{
	struct consumer_part part = { .topic = "targets",
				      .partition = CONSUMER_ALL_PARTITIONS,
				      .from = CONSUMER_FROM_BEGINNING };
	CLEANUP(consumer_freep) struct consumer *consumer =
		consumer_new_follower(cli->client, &part, 1, TARGET_LIST_QUEUE_KBYTES, NULL, cli_deadline_ms(),
				      error);
	if (!consumer)
		return NULL;
	struct targets *targets = targets_new();
	if (read_to_end(cli, consumer, targets, error) != 0) {
		targets_free(targets);
		return NULL;
	}
	return targets;
}
