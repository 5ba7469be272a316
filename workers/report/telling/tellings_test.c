/* Two reporters, a log, and everything that can happen to them: whatever the order, each thing is told once where it
 * can be looked up, and nothing is missing. A seed that fails is printed; `tellings_test SEED` runs it alone. */
#include "telling/tellings.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/log.h"
#include "core/text.h"
#include "packets/digest.h"
#include "record/frame.h"
#include "view_testing.h"

enum { PROCESSES = 2, LOG_MAX = 2000, TOLD_MAX = 500, ANSWERS_MAX = 64, OUTBOX_MAX = 64, FACTS = 9, STEPS = 700,
       SEEDS = 3000 };

static const char NOTE[] = "Perhaps told before";

/* The world: what survives every process. */
static struct {
	uint64_t random;
	int64_t now_boot_ms;
	size_t log_count;
	struct { void *data; size_t size; } log[LOG_MAX];
	size_t told_count;
	struct { char sha256[RECORD_SHA256_SIZE]; char *text; int64_t at_boot_ms; bool withdrawn; } told[TOLD_MAX];
	size_t facts;          /* of the request's story that were written */
	bool can_look_up;      /* the teller's */
	bool is_slow;
} world;

struct answer {
	struct teller_answer answer;
	int64_t at_boot_ms;
};

static struct process {
	char incarnation[RECORD_WORD_SIZE];
	struct view *view;
	struct threads *threads;
	struct tellings *tellings;
	size_t facts_read, log_read;
	size_t answers_count;
	struct answer answers[ANSWERS_MAX];
	size_t outbox_count;
	struct { void *data; size_t size; int64_t nonce; } outbox[OUTBOX_MAX];
	int64_t paused_until_boot_ms;
	bool owns;
} processes[PROCESSES];
static int lives;

static uint64_t next_random(void)
{
	uint64_t value = world.random += 0x9e3779b97f4a7c15;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

static bool chance(unsigned percent)
{
	return next_random() % 100 < percent;
}

static int64_t up_to(int64_t most)
{
	return (int64_t)(next_random() % (uint64_t)(most + 1));
}

/* The teller: messages that appear at once, or a while after they were sent. */

static struct teller_answer *answer(struct process *process, void *token, enum teller_word word,
				    int64_t at_boot_ms)
{
	assert_true(process->answers_count < ANSWERS_MAX);
	struct answer *next = &process->answers[process->answers_count++];
	*next = (struct answer){ { .token = token, .word = word }, at_boot_ms };
	return &next->answer;
}

static void sim_aim(void *self, const char *text, struct thread *claim)
{
	(void)self;
	(void)text;
	(void)claim;
}

static void sim_tell(void *self, const struct telling *telling, void *token)
{
	int64_t takes_ms = world.is_slow ? up_to(TELLINGS_ACT_MS - 1) : 0;
	if (chance(5)) { /* it never left */
		answer(self, token, TELLER_NOT, world.now_boot_ms);
		return;
	}
	assert_true(world.told_count < TOLD_MAX);
	size_t number = world.told_count++;
	TEXT_COPY(world.told[number].sha256, telling->claim->said_sha256);
	world.told[number].text = memory_text(telling->text);
	world.told[number].at_boot_ms = world.now_boot_ms + takes_ms;
	bool is_known = !world.is_slow || chance(80);
	struct teller_answer *said = answer(self, token, is_known ? TELLER_DONE : TELLER_UNKNOWN,
					    world.told[number].at_boot_ms);
	TEXT_FORMAT(said->message_ts, "%zu", number);
}

static void sim_look_up(void *self, const struct thread *claim, void *token)
{
	struct teller_answer *said =
		answer(self, token, world.can_look_up ? TELLER_NOT : TELLER_UNKNOWN, world.now_boot_ms);
	for (size_t i = 0; world.can_look_up && i < world.told_count; i++) {
		if (world.told[i].at_boot_ms > world.now_boot_ms || world.told[i].withdrawn ||
		    !text_equal(world.told[i].sha256, claim->said_sha256))
			continue;
		said->word = TELLER_DONE;
		TEXT_FORMAT(said->message_ts, "%zu", i);
	}
}

static bool sim_take(void *self, struct teller_answer *ret_answer)
{
	struct process *process = self;
	for (size_t i = 0; i < process->answers_count; i++) {
		if (process->answers[i].at_boot_ms > world.now_boot_ms)
			continue;
		*ret_answer = process->answers[i].answer;
		process->answers[i] = process->answers[--process->answers_count];
		return true;
	}
	return false;
}

static void sim_withdraw(void *self, const struct thread *told)
{
	int64_t number;
	(void)self;
	assert_int_equal(text_to_integer(told->message_ts, 0, (int64_t)world.told_count - 1, &number), 0);
	world.told[number].withdrawn = true;
}

static const struct teller sim_teller = {
	.name = "sim", .style = &thread_style_plain, .aim = sim_aim, .tell = sim_tell, .look_up = sim_look_up,
	.take = sim_take, .withdraw = sim_withdraw,
};

/* Kafka. */

static int sim_propose(void *context, const struct thread *record, struct error *error)
{
	struct process *process = context;
	if (chance(3))
		return error_set(error, ERROR_AWAY, WORD_kafka_away, "Kafka is away");
	assert_true(process->outbox_count < OUTBOX_MAX);
	size_t at = process->outbox_count++;
	process->outbox[at].nonce = record->nonce;
	return frame_encode_new(&thread_record, record, &process->outbox[at].data, &process->outbox[at].size, error);
}

static bool sim_may_begin(void *context, int32_t partition)
{
	const struct process *process = context;
	return partition == 0 && process->owns;
}

static void append(void *data, size_t size)
{
	assert_true(world.log_count < LOG_MAX);
	world.log[world.log_count].data = data;
	world.log[world.log_count++].size = size;
}

/* What was handed over first reaches the log, or is given up; given up, it may still have reached it. */
static void deliver(struct process *process)
{
	struct error error = { 0 };
	if (process->outbox_count == 0)
		return;
	void *data = process->outbox[0].data;
	size_t size = process->outbox[0].size;
	int64_t nonce = process->outbox[0].nonce;
	memmove(process->outbox, process->outbox + 1, --process->outbox_count * sizeof process->outbox[0]);
	bool is_given_up = chance(10);
	if (is_given_up && chance(50))
		free(data);
	else
		append(data, size);
	if (is_given_up)
		assert_int_equal(tellings_given_up(process->tellings, nonce, world.now_boot_ms, &error), 0);
}

/* The story: two captures, each queued (and moved up), running, ended, stored. */
static void read_fact(struct process *process)
{
	struct error error = { 0 };
	if (process->facts_read == world.facts)
		return;
	testing_view = process->view;
	switch (process->facts_read++) {
	case 0:
		view_testing_begin("slx1", EVENT_QUEUED, 1);
		testing_event.position = 2;
		view_testing_fold();
		break;
	case 1:
		view_testing_begin("slx1", EVENT_QUEUED, 1);
		testing_event.number = 1;
		testing_event.position = 1;
		view_testing_fold();
		break;
	case 2:
		view_testing_queue("slx2");
		break;
	case 3:
		view_testing_begin("slx1", EVENT_CAPTURING, 3);
		view_testing_fold();
		break;
	case 4:
		view_testing_begin("slx2", EVENT_CAPTURING, 3);
		view_testing_fold();
		break;
	case 5:
		view_testing_begin("slx1", EVENT_ENDED, 4);
		view_testing_fold();
		break;
	case 6:
		view_testing_captured("slx1", 20, "/a");
		break;
	case 7:
		view_testing_begin("slx2", EVENT_ENDED, 4);
		view_testing_fold();
		break;
	default:
		view_testing_captured("slx2", 7, "/b");
	}
	struct view_request *request = view_first(process->view);
	assert_int_equal(tellings_look(process->tellings, request, world.now_boot_ms, &error), 0);
}

static void read_log(struct process *process)
{
	static struct thread thread;
	struct error error = { 0 };
	bool counted;
	if (process->log_read == world.log_count)
		return;
	const struct bus_record record = {
		.topic = "threads", .key = (const uint8_t *)"k7f3qa000000", .key_size = 12,
		.value = world.log[process->log_read].data, .value_size = world.log[process->log_read].size,
	};
	process->log_read++;
	assert_int_equal(threads_apply(process->threads, &record, world.now_boot_ms, &thread, &counted, &error), 0);
	assert_int_equal(tellings_heard(process->tellings, &thread, counted, world.now_boot_ms, &error), 0);
}

/* A process begins: it reads what there is before it has a partition. */
static void live(struct process *process)
{
	memset(process, 0, sizeof *process);
	TEXT_FORMAT(process->incarnation, "life-%d", lives++);
	process->view = view_new();
	process->threads = threads_new();
	const struct tellings_parts parts = {
		.view = process->view, .threads = process->threads, .teller = &sim_teller, .teller_self = process,
		.incarnation = process->incarnation, .context = process,
		.propose = sim_propose, .may_begin = sim_may_begin,
	};
	process->tellings = tellings_new(&parts);
	while (process->log_read < world.log_count)
		read_log(process);
	while (process->facts_read < world.facts)
		read_fact(process);
}

/* kill -9: what was handed over is lost, or not. */
static void die(struct process *process)
{
	for (size_t i = 0; i < process->outbox_count; i++) {
		if (chance(50))
			append(process->outbox[i].data, process->outbox[i].size);
		else
			free(process->outbox[i].data);
	}
	tellings_free(process->tellings);
	threads_free(process->threads);
	view_free(process->view);
}

static void own(struct process *process, bool owns)
{
	struct error error = { 0 };
	process->owns = owns;
	struct view_request *request = view_first(process->view);
	if (owns && request)
		assert_int_equal(tellings_look(process->tellings, request, world.now_boot_ms, &error), 0);
}

static void step(struct process *process)
{
	struct error error = { 0 };
	if (world.now_boot_ms < process->paused_until_boot_ms)
		return;
	switch (next_random() % 10) {
	case 0:
		read_fact(process);
		break;
	case 1:
	case 2:
	case 3:
		read_log(process);
		break;
	case 4:
	case 5:
	case 6:
		deliver(process);
		break;
	default:
		assert_int_equal(tellings_turn(process->tellings, world.now_boot_ms, &error), 0);
	}
}

static void trouble(struct process *process)
{
	if (chance(30)) {
		die(process);
		live(process);
	} else if (chance(50)) {
		process->paused_until_boot_ms = world.now_boot_ms + up_to(100000);
	} else {
		own(process, chance(60)); /* both may believe it, or nobody */
	}
}

/* Both are healthy, and time passes: whatever is due is told. */
static void calm_down(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		processes[i].paused_until_boot_ms = 0;
		own(&processes[i], i == 0);
	}
	world.facts = FACTS;
	for (int i = 0; i < 3000; i++) {
		if (i % 100 == 0)
			world.now_boot_ms += 20000;
		step(&processes[i % PROCESSES]);
	}
}

static size_t count_told(const char *words, bool with_note)
{
	size_t count = 0;
	for (size_t i = 0; i < world.told_count; i++)
		count += !world.told[i].withdrawn && strstr(world.told[i].text, words) &&
			 with_note == (strstr(world.told[i].text, NOTE) != NULL);
	return count;
}

/* Nothing is said twice, but with the note that says so. */
static void assert_once(void)
{
	for (size_t i = 0; i < world.told_count; i++)
		for (size_t j = 0; j < i; j++)
			if (!strstr(world.told[i].text, NOTE) && !world.told[i].withdrawn && !world.told[j].withdrawn)
				assert_string_not_equal(world.told[i].text, world.told[j].text);
}

static void assert_settled(const struct process *process)
{
	static struct thread told;
	const struct threads_entry *entry = threads_find(process->threads, "k7f3qa000000");
	assert_true(threads_told(entry, &told));
	assert_int_equal(told.change, THREAD_DONE);
	assert_false(threads_claim(entry, &told));
	assert_int_equal(tellings_busy(process->tellings), 0);
}

static void judge(void)
{
	static const char last_word[] = "2 of 2 complete, 27 packets.";
	size_t plain = count_told(last_word, false), noted = count_told(last_word, true);
	assert_once();
	assert_true(plain <= 1);
	assert_true(plain + noted >= 1);
	if (world.can_look_up) {
		assert_int_equal(plain, 1);
		assert_int_equal(count_told("", true), 0);
	}
	for (int i = 0; i < PROCESSES; i++)
		assert_settled(&processes[i]);
}

static void begin_world(uint64_t seed)
{
	memset(&world, 0, sizeof world);
	world.random = seed;
	world.now_boot_ms = 1000000;
	world.can_look_up = chance(60);
	world.is_slow = chance(50);
	for (int i = 0; i < PROCESSES; i++)
		live(&processes[i]);
	own(&processes[0], true);
}

static void end_world(void)
{
	for (int i = 0; i < PROCESSES; i++)
		die(&processes[i]);
	for (size_t i = 0; i < world.log_count; i++)
		free(world.log[i].data);
	for (size_t i = 0; i < world.told_count; i++)
		free(world.told[i].text);
	testing_view = NULL;
}

static void run_seed(uint64_t seed)
{
	begin_world(seed);
	for (int i = 0; i < STEPS; i++) {
		world.now_boot_ms += chance(2) ? up_to(60000) : up_to(200);
		if (chance(2) && world.facts < FACTS)
			world.facts++;
		if (chance(2))
			trouble(&processes[next_random() % PROCESSES]);
		step(&processes[next_random() % PROCESSES]);
	}
	calm_down();
	judge();
	end_world();
}

static uint64_t first_seed = 1, last_seed = SEEDS, running_seed;

static void any_order_tells_once(void **state)
{
	(void)state;
	for (running_seed = first_seed; running_seed <= last_seed; running_seed++)
		run_seed(running_seed);
	running_seed = 0;
}

static void with_nothing_in_the_way_each_change_is_told(void **state)
{
	(void)state;
	struct process *process = &processes[0];
	struct error error = { 0 };
	world.random = 7;
	begin_world(7);
	world.is_slow = false;
	for (world.facts = 1; world.facts < FACTS; world.facts++) {
		read_fact(process);
		for (int i = 0; i < 200; i++) {
			deliver(process);
			read_log(process);
			world.now_boot_ms += 100;
			assert_int_equal(tellings_turn(process->tellings, world.now_boot_ms, &error), 0);
		}
	}
	assert_int_equal(world.told_count, FACTS - 1);
	assert_non_null(strstr(world.told[0].text, "waiting, 2nd in line"));
	assert_non_null(strstr(world.told[1].text, "… slx1  queued"));
	end_world();
}

/* The gateway's record vouches for who asked, and every later one carries it. */
static void who_asked_is_believed_by_the_gateways_word_alone(void **state)
{
	(void)state;
	static struct thread opened;
	struct process *process = &processes[0];
	struct error error = { 0 };
	void *data;
	size_t size;
	begin_world(7);
	record_init(&thread_record, &opened);
	TEXT_COPY(opened.request_id, "k7f3qa000000");
	opened.version = 1;
	opened.change = THREAD_OPENED;
	TEXT_COPY(opened.user, "U111");
	TEXT_COPY(opened.channel, "C1");
	assert_int_equal(frame_encode_new(&thread_record, &opened, &data, &size, &error), 0);
	append(data, size);
	read_log(process);
	testing_is_verified = false;
	for (world.facts = 1; world.facts < 5; world.facts++) {
		read_fact(process);
		for (int i = 0; i < 200; i++) {
			deliver(process);
			read_log(process);
			world.now_boot_ms += 100;
			assert_int_equal(tellings_turn(process->tellings, world.now_boot_ms, &error), 0);
		}
		assert_null(strstr(world.told[world.told_count - 1].text, "not verified"));
	}
	assert_true(threads_told(threads_find(process->threads, "k7f3qa000000"), &opened));
	assert_string_equal(opened.user, "U111");
	assert_string_equal(opened.channel, "C1");
	end_world();
}

static int set_up(void **state)
{
	(void)state;
	testing_is_verified = false;
	return 0;
}

static int say_seed(void **state)
{
	(void)state;
	if (running_seed)
		print_error("seed %" PRIu64 "\n", running_seed);
	return 0;
}

int main(int argc, char **argv)
{
	log_open("test", LOG_ERROR, LOG_TEXT);
	int64_t seed;
	if (argc > 1 && text_to_integer(argv[1], 1, INT64_MAX, &seed) == 0)
		first_seed = last_seed = (uint64_t)seed;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(with_nothing_in_the_way_each_change_is_told, set_up, NULL),
		cmocka_unit_test_setup_teardown(who_asked_is_believed_by_the_gateways_word_alone, set_up, NULL),
		cmocka_unit_test_setup_teardown(any_order_tells_once, set_up, say_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
