/* Keeps the topic targets and the inventory alike: reads the topic whole, writes what differs. */
#include "publish.h"

#include <string.h>

#include "bus/consumer.h"
#include "bus/producer.h"
#include "core/log.h"
#include "core/text.h"
#include "record/frame.h"
#include "target/target.h"

enum { QUEUE_KBYTES = 1024 };

struct publish {
	struct producer *producer;
	struct consumer *consumer;
	struct targets *targets;
	const char *worker;
	bool lost_one; /* a target was taken back; perhaps it was ours */
};

struct publish *publish_open(struct client *client, struct producer *producer, const char *worker,
			     struct targets *targets, int64_t deadline_boot_ms, struct error *error)
{
	const struct consumer_part part = { "targets", CONSUMER_ALL_PARTITIONS, CONSUMER_FROM_BEGINNING, 0 };
	struct consumer *consumer =
		consumer_new_follower(client, &part, 1, QUEUE_KBYTES, NULL, deadline_boot_ms, error);
	if (!consumer)
		return NULL;
	struct publish *publish = memory_new(sizeof *publish);
	*publish = (struct publish){ producer, consumer, targets, worker, false };
	return publish;
}

void publish_close(struct publish *publish)
{
	if (!publish)
		return;
	consumer_free(publish->consumer);
	free(publish);
}

int publish_fd(const struct publish *publish)
{
	return consumer_fd(publish->consumer);
}

bool publish_is_read(const struct publish *publish)
{
	return consumer_at_end(publish->consumer);
}

static void take(struct publish *publish, const struct bus_record *record)
{
	struct error error = { 0 };
	struct target target;
	char name[RECORD_TARGET_SIZE];
	if (!record->key || !text_copy_bytes(name, sizeof name, (const char *)record->key, record->key_size))
		return;
	if (!record->value) {
		targets_remove(publish->targets, name);
		publish->lost_one = true;
	} else if (frame_decode(&target_record, record->value, record->value_size, NULL, &target, &error) == 0) {
		targets_put(publish->targets, &target);
	} else {
		log_warning(&(struct log_about){ .target = name }, "its record in targets cannot be read: %s", error.text);
	}
}

int publish_turn(struct publish *publish, struct error *error)
{
	struct bus_record record;
	int answer;
	while ((answer = consumer_take(publish->consumer, &record, error)) == 1)
		take(publish, &record);
	consumer_release(publish->consumer);
	return answer;
}

bool publish_lost_one(struct publish *publish)
{
	bool lost_one = publish->lost_one;
	publish->lost_one = false;
	return lost_one;
}

bool publish_serves(const char *worker, const struct config *config, const struct inventory_target *target)
{
	const struct target *public = &target->public;
	return target_serves(public->kind) && config_list_has(config, "capture", "kinds", public->kind) &&
	       (!public->worker[0] || text_equal(public->worker, worker));
}

static int write_target(struct publish *publish, const char *name, const struct target *target, struct error *error)
{
	void *value = NULL;
	size_t value_size = 0;
	if (target && frame_encode_new(&target_record, target, &value, &value_size, error) < 0)
		return -1;
	const struct producer_message message = {
		.topic = "targets", .partition = PRODUCER_BY_KEY, .key = name, .key_size = strlen(name),
		.value = value, .value_size = value_size, .value_is_given = true,
	};
	if (producer_send(publish->producer, &message, error) == 0)
		return 0;
	free(value);
	return -1;
}

/* Same bytes on the wire: nothing to say. */
static bool alike(const struct target *a, const struct target *b)
{
	void *a_data = NULL, *b_data = NULL;
	size_t a_size = 0, b_size = 0;
	bool same = frame_encode_new(&target_record, a, &a_data, &a_size, NULL) == 0 &&
		    frame_encode_new(&target_record, b, &b_data, &b_size, NULL) == 0 && a_size == b_size &&
		    memcmp(a_data, b_data, a_size) == 0;
	free(a_data);
	free(b_data);
	return same;
}

static int take_back(struct publish *publish, const struct config *config, const struct inventory *inventory,
		     struct error *error)
{
	for (size_t i = 0; i < targets_count(publish->targets); i++) {
		const struct target *seen = targets_at(publish->targets, i);
		const struct inventory_target *own = inventory_find(inventory, seen->target);
		if (!text_equal(seen->published_by, publish->worker) ||
		    (own && publish_serves(publish->worker, config, own)))
			continue;
		log_info(&(struct log_about){ .target = seen->target }, "no longer in the inventory: taken back");
		if (write_target(publish, seen->target, NULL, error) < 0)
			return -1;
	}
	return 0;
}

int publish_inventory(struct publish *publish, const struct config *config, const struct inventory *inventory,
		      struct error *error)
{
	for (size_t i = 0; i < inventory_count(inventory); i++) {
		const struct inventory_target *own = inventory_at(inventory, i);
		if (!publish_serves(publish->worker, config, own))
			continue;
		struct target target = own->public;
		struct error why = { 0 };
		TEXT_COPY(target.published_by, publish->worker);
		target.check_ok = target_check(own, &target.link_type, &why) == 0;
		TEXT_COPY(target.check_detail, target.check_ok ? "" : why.text);
		if (!target.check_ok)
			log_warning(&(struct log_about){ .target = target.target }, "cannot be captured on now: %s", why.text);
		const struct target *seen = targets_find(publish->targets, target.target);
		if ((!seen || !alike(seen, &target)) && write_target(publish, target.target, &target, error) < 0)
			return -1;
	}
	return take_back(publish, config, inventory, error);
}

bool publish_is_seen(const struct publish *publish, const struct config *config, const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory_count(inventory); i++) {
		const struct inventory_target *own = inventory_at(inventory, i);
		if (publish_serves(publish->worker, config, own) &&
		    !targets_find(publish->targets, own->public.target))
			return false;
	}
	return true;
}
