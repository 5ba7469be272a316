/* When an offset passes, and that nothing stops a partition: the inbox over a consumer, a producer and a ledger that
 * the test plays. */
#include "inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bus/client.h"
#include "bus/consumer.h"
#include "bus/dead_letter.h"
#include "bus/producer.h"
#include "core/clock.h"
#include "core/text.h"
#include "ledger_testing.h"

enum { PARTITIONS = 4, RECORDS_MAX = 256 };

/* ---- the consumer: one, whose records the test puts into a list ---- */

struct consumer {
	struct consumer_callbacks callbacks;
	struct bus_record records[RECORDS_MAX];
	size_t count, taken;
	int64_t stored;
	bool paused;
};
static struct consumer the_consumer;
static int joined;

struct consumer *consumer_new_group(struct client *client, const char *group, const char *const *topics, size_t count,
				    size_t queue_kbytes, const struct consumer_callbacks *callbacks,
				    struct error *error)
{
	(void)client, (void)group, (void)topics, (void)count, (void)queue_kbytes, (void)error;
	the_consumer.callbacks = *callbacks;
	joined++;
	return &the_consumer;
}

void consumer_free(struct consumer *consumer)
{
	(void)consumer;
}

int consumer_fd(const struct consumer *consumer)
{
	(void)consumer;
	return 0;
}

int consumer_take(struct consumer *consumer, struct bus_record *ret_record, struct error *error)
{
	(void)error;
	if (consumer->taken == consumer->count || consumer->paused)
		return 0;
	*ret_record = consumer->records[consumer->taken++];
	return 1;
}

void consumer_release(struct consumer *consumer)
{
	(void)consumer;
}

bool consumer_pause(struct consumer *consumer, const char *topic, int32_t partition)
{
	(void)topic, (void)partition;
	consumer->paused = true;
	return true;
}

bool consumer_resume(struct consumer *consumer, const char *topic, int32_t partition)
{
	(void)topic, (void)partition;
	consumer->paused = false;
	return true;
}

bool consumer_is_member(const struct consumer *consumer)
{
	(void)consumer;
	return true;
}

bool consumer_store(struct consumer *consumer, const char *topic, int32_t partition, int64_t next_offset)
{
	(void)topic, (void)partition;
	consumer->stored = next_offset;
	return true;
}

/* ---- the producer: it keeps who waits for the receipt of the last message ---- */

static struct {
	int forwarded, buried;
	bool with_value;
	producer_delivered *delivered;
	void *context, *token;
} sent;

int producer_send(struct producer *producer, const struct producer_message *message, struct error *error)
{
	(void)producer, (void)error;
	sent.forwarded++;
	sent.delivered = message->delivered;
	sent.context = message->context;
	sent.token = message->token;
	free(message->value);
	return 0;
}

int dead_letter_send(struct producer *producer, const struct bus_record *record, const struct dead_letter *dead,
		     struct error *error)
{
	(void)producer, (void)record, (void)error;
	sent.buried++;
	sent.with_value = dead->with_value;
	sent.delivered = dead->delivered;
	sent.context = dead->context;
	sent.token = dead->token;
	return 0;
}

static void receipt(enum error_kind kind)
{
	struct error error = { .kind = kind, .text = "the test's" };
	struct producer_receipt said = { .ok = kind == ERROR_NONE, .error = kind == ERROR_NONE ? NULL : &error };

	assert_non_null(sent.delivered);
	sent.delivered(sent.context, sent.token, &said);
	sent.delivered = NULL;
}

/* ---- the scene: one target, its partition assigned ---- */

struct scene {
	struct targets *targets;
	struct limits limits;
	struct ledger *ledger;
	struct inbox *inbox;
	int32_t home;
};

static void owned(void *context, int32_t partition)
{
	(void)context, (void)partition;
}

static void refused(void *context, const struct request *request, const struct error *error)
{
	(void)context, (void)request, (void)error;
}

static int set_up(void **state)
{
	struct scene *scene = memory_new(sizeof *scene);
	struct target target;
	struct error error = { 0 };

	record_init(&target_record, &target);
	TEXT_COPY(target.target, "slx1");
	TEXT_COPY(target.kind, "local");
	target.parallel = 1;
	scene->targets = targets_new();
	targets_put(scene->targets, &target);
	limits_init(&scene->limits);
	scene->ledger = testing_ledger_new(PARTITIONS);
	scene->home = client_partition("slx1", 4, PARTITIONS);
	memset(&the_consumer, 0, sizeof the_consumer);
	memset(&sent, 0, sizeof sent);
	joined = 0;
	const struct inbox_parts parts = { NULL, NULL, scene->ledger, scene->targets, &scene->limits, scene, owned,
					   refused };
	scene->inbox = inbox_open(&parts, &error);
	*state = scene;
	return scene->inbox ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	if (sent.delivered)
		receipt(ERROR_AWAY);
	inbox_close(scene->inbox);
	ledger_close(scene->ledger);
	targets_free(scene->targets);
	free(scene);
	return 0;
}

static void turn(struct scene *scene)
{
	assert_int_equal(inbox_turn(scene->inbox, NULL), 0);
}

/* Joins the group, and is given the partition. */
static void join(struct scene *scene)
{
	turn(scene);
	the_consumer.callbacks.assigned(scene->inbox, "requests", scene->home);
}

/* `value` lives on. */
static void ask_at(int32_t partition, const char *value, size_t size)
{
	struct bus_record *record = &the_consumer.records[the_consumer.count];

	assert_true(the_consumer.count < RECORDS_MAX);
	*record = (struct bus_record){ .topic = "requests", .partition = partition, .timestamp_ms = clock_wall_ms(),
				       .offset = (int64_t)the_consumer.count++, .value = (const uint8_t *)value,
				       .value_size = size };
}

static void ask(struct scene *scene, const char *json)
{
	ask_at(scene->home, json, strlen(json));
}

#define REQUEST "{\"target\": \"slx1\", \"filter\": \"\", \"request_id\": \"r1\"}"
#define CANCEL "{\"target\": \"slx1\", \"filter\": \"\", \"ask\": \"cancel\", \"capture_id\": \"r1-slx1\"}"

/* ---- */

static void the_group_is_joined_at_the_first_turn(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(joined, 0);
	turn(scene);
	turn(scene);
	assert_int_equal(joined, 1);
	inbox_leave(scene->inbox);
	turn(scene);
	assert_int_equal(joined, 1);
}

static void an_offset_passes_when_the_log_has_what_became_of_it(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, REQUEST);
	turn(scene);
	assert_int_equal(testing_oldest(scene->ledger)->change, CHANGE_QUEUED);
	assert_int_equal(the_consumer.stored, 0);
	inbox_heard(scene->inbox, testing_read_back(scene->ledger));
	assert_int_equal(the_consumer.stored, 1);
}

static void a_proposal_that_was_given_up_is_made_again(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, REQUEST);
	turn(scene);
	inbox_given_up(scene->inbox, scene->home, testing_give_up(scene->ledger));
	assert_int_equal(the_consumer.stored, 0);
	while (testing_proposed(scene->ledger) == 0)
		turn(scene);
	inbox_heard(scene->inbox, testing_read_back(scene->ledger));
	assert_int_equal(the_consumer.stored, 1);
}

static void what_a_lost_partition_waits_for_moves_no_offset(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, REQUEST);
	turn(scene);
	the_consumer.callbacks.revoked(scene->inbox, "requests", scene->home, true);
	inbox_heard(scene->inbox, testing_read_back(scene->ledger));
	assert_int_equal(the_consumer.stored, 0);
	the_consumer.callbacks.assigned(scene->inbox, "requests", scene->home);
	the_consumer.taken = 0; /* it comes again from the committed offset */
	turn(scene);
	assert_int_equal(testing_proposed(scene->ledger), 0); /* its capture is known */
	assert_int_equal(the_consumer.stored, 1);
}

static void of_one_capture_one_proposal_is_under_way(void **state)
{
	struct scene *scene = *state;
	struct error error = { 0 };
	int64_t nonce;

	join(scene);
	ask(scene, REQUEST);
	turn(scene);
	inbox_heard(scene->inbox, testing_read_back(scene->ledger));
	struct runs_entry *entry = runs_find(ledger_runs(scene->ledger, scene->home), "r1-slx1");
	struct run start = *entry->run;
	start.version = entry->version + 1;
	start.change = CHANGE_START;
	start.state = RUN_STARTING;
	assert_int_equal(ledger_propose(scene->ledger, scene->home, &start, &nonce, &error), 0);

	ask(scene, CANCEL);
	turn(scene);
	assert_int_equal(testing_proposed(scene->ledger), 1); /* the start alone */
	const struct ledger_news *news = testing_read_back(scene->ledger);
	assert_int_equal(news->verdict, RUNS_COUNTED);
	assert_true(news->handed_over_boot_ms > 0); /* what its lease counts from */
	inbox_heard(scene->inbox, news);
	turn(scene);
	assert_int_equal(testing_oldest(scene->ledger)->change, CHANGE_CANCEL);
	news = testing_read_back(scene->ledger);
	assert_int_equal(news->verdict, RUNS_COUNTED);
	inbox_heard(scene->inbox, news);
	assert_int_equal(the_consumer.stored, 2);
}

static void a_cancel_ahead_of_its_request_says_what_became_of_it(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, CANCEL);
	turn(scene);
	const struct ledger_news *news = testing_read_back(scene->ledger);
	assert_int_equal(news->entry->state, RUN_ENDED);
	assert_int_equal(news->entry->run->outcome, OUTCOME_CANCELLED);
}

static void what_cannot_be_read_is_a_dead_letter_first(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, "{");
	turn(scene);
	assert_int_equal(sent.buried, 1);
	assert_true(sent.with_value);
	turn(scene);
	assert_int_equal(the_consumer.stored, 0);
	receipt(ERROR_NONE);
	turn(scene);
	assert_int_equal(the_consumer.stored, 1);
}

static void a_dead_letter_that_kafka_refuses_leaves_its_value_behind(void **state)
{
	struct scene *scene = *state;

	join(scene);
	ask(scene, "{");
	for (int tries = 1; tries <= 2; tries++) {
		turn(scene);
		assert_int_equal(sent.buried, tries);
		receipt(ERROR_INPUT);
	}
	turn(scene);
	assert_int_equal(sent.buried, 3);
	assert_false(sent.with_value);
	receipt(ERROR_NONE);
	turn(scene);
	assert_int_equal(the_consumer.stored, 1);
}

static void a_request_whose_record_is_refused_is_a_dead_letter(void **state)
{
	struct scene *scene = *state;
	struct error error;

	join(scene);
	error_set(&error, ERROR_INPUT, WORD_record_invalid, "the test refuses it");
	testing_ledger_refuses(scene->ledger, error);
	ask(scene, REQUEST);
	turn(scene);
	assert_int_equal(sent.buried, 1);
	receipt(ERROR_NONE);
	turn(scene);
	assert_int_equal(the_consumer.stored, 1);
}

static void a_request_in_a_wrong_partition_passes_when_it_is_in_the_right_one(void **state)
{
	struct scene *scene = *state;
	int32_t wrong = (scene->home + 1) % PARTITIONS;

	join(scene);
	the_consumer.callbacks.assigned(scene->inbox, "requests", wrong);
	ask_at(wrong, REQUEST, strlen(REQUEST));
	turn(scene);
	assert_int_equal(sent.forwarded, 1);
	assert_int_equal(the_consumer.stored, 0);
	receipt(ERROR_NONE);
	turn(scene);
	assert_int_equal(the_consumer.stored, 1);
}

/* The first is under way, so that all others wait. */
static void what_waits_in_memory_is_bounded_in_bytes(void **state)
{
	enum { SIZE = 300 << 10, COUNT = 10 };
	struct scene *scene = *state;
	char *large = memory_new(SIZE);

	memset(large, 'x', SIZE);
	join(scene);
	for (int i = 0; i < COUNT; i++)
		ask_at(scene->home, large, SIZE);
	turn(scene);
	assert_true(the_consumer.paused);
	assert_int_equal(the_consumer.taken, 4);
	for (int i = 1; i <= COUNT; i++) {
		assert_int_equal(sent.buried, i);
		receipt(ERROR_NONE);
		turn(scene);
		turn(scene); /* takes what the resumed partition brings */
	}
	assert_int_equal(the_consumer.stored, COUNT);
	free(large);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_group_is_joined_at_the_first_turn),
		TEST(an_offset_passes_when_the_log_has_what_became_of_it),
		TEST(a_proposal_that_was_given_up_is_made_again),
		TEST(what_a_lost_partition_waits_for_moves_no_offset),
		TEST(of_one_capture_one_proposal_is_under_way),
		TEST(a_cancel_ahead_of_its_request_says_what_became_of_it),
		TEST(what_cannot_be_read_is_a_dead_letter_first),
		TEST(a_dead_letter_that_kafka_refuses_leaves_its_value_behind),
		TEST(a_request_whose_record_is_refused_is_a_dead_letter),
		TEST(a_request_in_a_wrong_partition_passes_when_it_is_in_the_right_one),
		TEST(what_waits_in_memory_is_bounded_in_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
