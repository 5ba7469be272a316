/* When a capture begins, is fenced and goes back to the line: the sessions over a ledger that the test plays, and
 * captures that only note what they are told. */
#include "sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/text.h"
#include "ledger/runs_decide.h"
#include "ledger_testing.h"
#include "producer_testing.h"

/* ---- one capture at a time ---- */

struct session {
	enum session_stop told;
	int64_t lease_until_boot_ms;
	struct mailbox *mailbox;
	uint64_t number;
};
static struct session *running;
static bool has_no_thread;

void session_register_metrics(void)
{
}

int session_start(const struct session_order *order, struct session **ret_session, struct error *error)
{
	if (has_no_thread)
		return error_set(error, ERROR_AWAY, WORD_worker_full, "the test has no thread for it");
	running = memory_new(sizeof *running);
	running->lease_until_boot_ms = order->lease_until_boot_ms;
	running->mailbox = order->mailbox;
	running->number = order->number;
	*ret_session = running;
	return 0;
}

void session_stop(struct session *session, enum session_stop how)
{
	session->told = how;
}

void session_lease(struct session *session, int64_t until_boot_ms)
{
	session->lease_until_boot_ms = until_boot_ms;
}

void session_free(struct session *session)
{
	running = NULL;
	free(session);
}

/* ---- the scene: a worker with one target ---- */

struct scene {
	struct inventory *inventory;
	struct ledger *ledger;
	struct producer *producer;
	struct tell tell;
	struct sessions *sessions;
};

static int set_up(void **state)
{
	static const char text[] = "[slx1]\nkind = local\ninterface = lo\nworker = worker\n";
	struct scene *scene = memory_new(sizeof *scene);
	struct error error = { 0 };

	running = NULL;
	has_no_thread = false;
	scene->inventory = inventory_parse("test.ini", text, sizeof text - 1, &error);
	if (!scene->inventory)
		fail_msg("%s", error.text);
	scene->ledger = testing_ledger_new(1);
	scene->producer = testing_producer_new(TESTING_AT_ONCE);
	scene->tell = (struct tell){ scene->producer, "worker", scene->inventory };
	const struct sessions_parts parts = { .ledger = scene->ledger, .inventory = scene->inventory,
					      .tell = &scene->tell, .worker = "worker", .chunk_bytes = 1000,
					      .incarnation = TESTING_INCARNATION, .chunk_ms = 1000 };
	scene->sessions = sessions_new(&parts, &error);
	*state = scene;
	return scene->sessions ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	sessions_free(scene->sessions);
	testing_producer_free(scene->producer);
	ledger_close(scene->ledger);
	inventory_free(scene->inventory);
	free(scene);
	return 0;
}

static struct run change(const struct runs_entry *entry, enum run_change change, enum run_state state)
{
	struct run record = *entry->run;

	record.version = entry->version + 1;
	record.change = change;
	record.state = state;
	record.parallel = 1;
	return record;
}

static struct runs_entry *be_queued(struct scene *scene)
{
	struct run record;

	record_init(&run_record, &record);
	TEXT_COPY(record.capture_id, "r1-slx1");
	TEXT_COPY(record.request_id, "r1");
	TEXT_COPY(record.target, "slx1");
	TEXT_COPY(record.incarnation, "another");
	record.version = 1;
	record.change = CHANGE_QUEUED;
	record.state = RUN_QUEUED;
	record.has_request = true;
	TEXT_COPY(record.request.target, "slx1");
	return testing_read(scene->ledger, 0, &record)->entry;
}

static void propose(struct scene *scene, struct run record)
{
	struct error error = { 0 };
	int64_t nonce;

	assert_int_equal(ledger_propose(scene->ledger, 0, &record, &nonce, &error), 0);
}

static const struct ledger_news *hear(struct scene *scene)
{
	const struct ledger_news *news = testing_read_back(scene->ledger);

	assert_int_equal(news->verdict, RUNS_COUNTED);
	sessions_heard(scene->sessions, news);
	return news;
}

static struct runs_entry *be_started(struct scene *scene)
{
	struct runs_entry *entry = be_queued(scene);

	propose(scene, change(entry, CHANGE_START, RUN_STARTING));
	hear(scene);
	return entry;
}

static void goes_back(struct scene *scene, const struct runs_entry *entry, const char *not_me)
{
	assert_null(running);
	assert_int_equal(testing_proposed(scene->ledger), 1);
	assert_int_equal(testing_oldest(scene->ledger)->change, CHANGE_HAND_BACK);
	hear(scene);
	assert_int_equal(entry->state, RUN_QUEUED);
	assert_string_equal(entry->run->not_me, not_me);
	assert_string_equal(entry->run->runner, "");
}

/* ---- */

static void a_start_that_counted_begins_under_its_lease(void **state)
{
	struct scene *scene = *state;
	int64_t before_boot_ms = clock_boot_ms();

	be_started(scene);
	assert_non_null(running);
	assert_true(running->lease_until_boot_ms >= before_boot_ms + RUNS_FENCE_MS);
	assert_true(running->lease_until_boot_ms <= clock_boot_ms() + RUNS_FENCE_MS);
	assert_int_equal(sessions_count(scene->sessions), 1);
}

/* Its proposal was given up, and Kafka had it all the same. */
static void a_start_that_nobody_waits_for_goes_back_to_the_line(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_queued(scene);

	propose(scene, change(entry, CHANGE_START, RUN_STARTING));
	entry->pending_nonce = 0;
	hear(scene);
	goes_back(scene, entry, "");
}

static void a_start_that_counted_when_its_lease_was_over_goes_back_to_the_line(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_queued(scene);

	propose(scene, change(entry, CHANGE_START, RUN_STARTING));
	entry->pending_boot_ms -= RUNS_FENCE_MS;
	hear(scene);
	goes_back(scene, entry, "");
}

static void a_start_that_counts_while_the_worker_ends_goes_back_to_the_line(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_queued(scene);

	sessions_begin_no_more(scene->sessions);
	propose(scene, change(entry, CHANGE_START, RUN_STARTING));
	hear(scene);
	goes_back(scene, entry, "");
}

static void what_cannot_begin_here_is_for_another(void **state)
{
	struct scene *scene = *state;

	has_no_thread = true;
	goes_back(scene, be_started(scene), "worker");
}

/* It would hold its target for ever. */
static void a_hand_back_that_did_not_count_is_made_again_instead_of_a_renewal(void **state)
{
	struct scene *scene = *state;

	has_no_thread = true;
	struct runs_entry *entry = be_started(scene);
	testing_give_up(scene->ledger);
	struct run renewal = change(entry, CHANGE_RENEW, RUN_STARTING);
	assert_false(sessions_renew(scene->sessions, 0, entry, &renewal));
	goes_back(scene, entry, "");
}

static void a_renewal_extends_the_lease_and_tells_the_counters(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_started(scene);
	struct session_progress so_far = { .packets = 20, .bytes = 2000 };

	mailbox_post(running->mailbox, running->number, SESSION_PROGRESS, memory_copy(&so_far, sizeof so_far));
	sessions_turn(scene->sessions);
	running->lease_until_boot_ms = 0;
	struct run renewal = change(entry, CHANGE_RENEW, RUN_STARTING);
	assert_true(sessions_renew(scene->sessions, 0, entry, &renewal));
	assert_int_equal(renewal.packets, 20);
	assert_int_equal(renewal.bytes, 2000);
	propose(scene, renewal);
	hear(scene);
	assert_true(running->lease_until_boot_ms > clock_boot_ms());
}

static void what_another_took_over_is_abandoned(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_started(scene);
	struct run reclaim = change(entry, CHANGE_RECLAIM, RUN_RECLAIMING);

	TEXT_COPY(reclaim.incarnation, "another");
	sessions_heard(scene->sessions, testing_read(scene->ledger, 0, &reclaim));
	assert_int_equal(running->told, SESSION_ABANDON);
	struct session_ended ended = { .armed_at_ns = RECORD_UNSET };
	mailbox_post(running->mailbox, running->number, SESSION_ENDED, memory_copy(&ended, sizeof ended));
	sessions_turn(scene->sessions);
	assert_null(running);
	assert_int_equal(testing_proposed(scene->ledger), 0); /* its end is another's to tell */
}

/* A stop came first, so the end is out of date. */
static void an_end_that_did_not_count_is_proposed_again(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = be_started(scene);
	struct run stop = change(entry, CHANGE_STOP, RUN_STARTING);
	struct session_ended ended = { .end = { .outcome = OUTCOME_COMPLETE }, .armed_at_ns = 1 };

	mailbox_post(running->mailbox, running->number, SESSION_ENDED, memory_copy(&ended, sizeof ended));
	sessions_turn(scene->sessions);
	assert_int_equal(testing_oldest(scene->ledger)->change, CHANGE_END);
	TEXT_COPY(stop.incarnation, "another");
	sessions_heard(scene->sessions, testing_read(scene->ledger, 0, &stop));
	assert_int_equal(running->told, SESSION_STOP);
	assert_int_equal(testing_read_back(scene->ledger)->verdict, RUNS_OUTDATED);
	sessions_turn(scene->sessions);
	hear(scene);
	assert_int_equal(entry->state, RUN_ENDED);
	assert_int_equal(entry->outcome, OUTCOME_COMPLETE);
	assert_null(running);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_start_that_counted_begins_under_its_lease),
		TEST(a_start_that_nobody_waits_for_goes_back_to_the_line),
		TEST(a_start_that_counted_when_its_lease_was_over_goes_back_to_the_line),
		TEST(a_start_that_counts_while_the_worker_ends_goes_back_to_the_line),
		TEST(what_cannot_begin_here_is_for_another),
		TEST(a_hand_back_that_did_not_count_is_made_again_instead_of_a_renewal),
		TEST(a_renewal_extends_the_lease_and_tells_the_counters),
		TEST(what_another_took_over_is_abandoned),
		TEST(an_end_that_did_not_count_is_proposed_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
