/* What a worker decides, from folds made of a few records. */
#include "ledger/runs_decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { MAXIMUM = 16 };

struct scene {
	struct runs *runs;
	struct runs_me me;
	int64_t parallel;
	struct decision decisions[MAXIMUM];
	size_t count;
};

static int64_t parallel_of(void *context, const char *target)
{
	const struct scene *scene = context;
	return text_equal(target, "slx1") ? scene->parallel : 0;
}

static int set_up(void **state)
{
	struct scene *scene = memory_new(sizeof *scene);
	scene->runs = runs_new();
	scene->parallel = 1;
	scene->me = (struct runs_me){ .worker = "capture-0", .incarnation = "w0", .owner = true, .slots = 8,
				      .now_wall_ms = 500, .now_boot_ms = 100000, .parallel = parallel_of,
				      .context = scene };
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	runs_free(scene->runs);
	free(scene);
	return 0;
}

static struct runs_entry *put(struct scene *scene, const char *id, int64_t version, enum run_change change,
			      enum run_state state, const char *incarnation)
{
	struct run run;
	memset(&run, 0, sizeof run);
	TEXT_COPY(run.capture_id, id);
	TEXT_COPY(run.target, "slx1");
	TEXT_COPY(run.incarnation, incarnation);
	run.version = version;
	run.change = change;
	run.state = state;
	run.parallel = 100;
	run.inbox_offset = id[0];
	run.expires_at_ms = 1000;
	run.armed_at_ns = RECORD_UNSET;
	run.has_request = true;
	run.request.timeout_s = 30;
	if (change == CHANGE_ARMED)
		run.armed_at_ns = 5000000000;
	struct runs_entry *entry;
	runs_apply(scene->runs, &run, 0, &entry);
	entry->heard_boot_ms = scene->me.now_boot_ms;
	return entry;
}

static void run_decide(struct scene *scene)
{
	scene->count = runs_decide(scene->runs, &scene->me, scene->decisions, MAXIMUM);
}

static void starts_the_first_in_line_while_there_is_room(void **state)
{
	struct scene *scene = *state;
	put(scene, "b", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	run_decide(scene);
	assert_int_equal(scene->count, 1);
	const struct run *start = &scene->decisions[0].record;
	assert_int_equal(scene->decisions[0].kind, DECIDE_START);
	assert_string_equal(start->capture_id, "a");
	assert_int_equal(start->version, 2);
	assert_int_equal(start->state, RUN_STARTING);
	assert_int_equal(start->parallel, 1);
	assert_string_equal(start->runner, "capture-0");
	scene->parallel = 2;
	run_decide(scene);
	assert_int_equal(scene->count, 2);
}

static void a_proposal_on_its_way_is_not_repeated_and_takes_room(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *first = put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "b", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	first->pending_nonce = 1;
	run_decide(scene);
	assert_int_equal(scene->count, 0);
}

static void a_full_worker_and_one_that_refused_start_nothing(void **state)
{
	struct scene *scene = *state;
	struct runs_entry *entry = put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	scene->me.slots = 0;
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	scene->me.slots = 1;
	TEXT_COPY(entry->run->not_me, "capture-00 capture-0");
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	TEXT_COPY(entry->run->not_me, "capture-00 capture");
	run_decide(scene);
	assert_int_equal(scene->count, 1);
}

static void only_the_owner_ends_what_waits(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "b", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "b", 2, CHANGE_CANCEL, RUN_QUEUED, "w1");
	scene->me.now_wall_ms = 1001;
	scene->me.owner = false;
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	scene->me.owner = true;
	run_decide(scene);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->decisions[0].kind, DECIDE_EXPIRE);
	assert_int_equal(scene->decisions[0].record.outcome, OUTCOME_EXPIRED);
	assert_string_equal(scene->decisions[0].record.reason, "expired");
	assert_int_equal(scene->decisions[1].kind, DECIDE_DROP);
	assert_int_equal(scene->decisions[1].record.outcome, OUTCOME_CANCELLED);
	assert_string_equal(scene->decisions[1].record.reason, "cancelled");
}

static void a_runner_renews_in_time(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	struct runs_entry *entry = put(scene, "a", 2, CHANGE_START, RUN_STARTING, "w0");
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	entry->heard_boot_ms = scene->me.now_boot_ms - RUNS_RENEW_MS;
	run_decide(scene);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->decisions[0].kind, DECIDE_RENEW);
	assert_false(scene->decisions[0].record.has_request);
	assert_int_equal(scene->decisions[0].record.state, RUN_STARTING);
}

static void the_owner_takes_over_what_is_lost_and_nobody_else(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w9");
	struct runs_entry *entry = put(scene, "a", 2, CHANGE_START, RUN_STARTING, "w9");
	entry->heard_boot_ms = scene->me.now_boot_ms - RUNS_LOST_MS + 1;
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	entry->heard_boot_ms--;
	scene->me.owner = false;
	run_decide(scene);
	assert_int_equal(scene->count, 0);
	scene->me.owner = true;
	run_decide(scene);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->decisions[0].kind, DECIDE_RECLAIM);
	assert_int_equal(scene->decisions[0].record.state, RUN_RECLAIMING);
}

static void what_was_taken_over_is_closed(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w9");
	struct runs_entry *entry = put(scene, "a", 2, CHANGE_START, RUN_STARTING, "w9");
	put(scene, "a", 3, CHANGE_RECLAIM, RUN_RECLAIMING, "w0");
	run_decide(scene);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->decisions[0].kind, DECIDE_CLOSE);
	assert_int_equal(scene->decisions[0].record.change, CHANGE_END);
	assert_int_equal(scene->decisions[0].record.outcome, OUTCOME_LOST);
	assert_string_equal(scene->decisions[0].record.reason, "worker_lost");
	entry->run->packets = 5;
	run_decide(scene);
	assert_int_equal(scene->decisions[0].record.outcome, OUTCOME_PARTIAL);
}

static void a_replace_stops_the_oldest_once(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "a", 2, CHANGE_START, RUN_STARTING, "w0");
	struct runs_entry *urgent = put(scene, "z", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	urgent->run->first_in_line = 1;
	run_decide(scene);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->decisions[0].kind, DECIDE_REPLACE);
	assert_int_equal(scene->decisions[0].record.change, CHANGE_STOP);
	assert_string_equal(scene->decisions[0].record.capture_id, "a");
	put(scene, "a", 3, CHANGE_STOP, RUN_STARTING, "w0");
	run_decide(scene);
	assert_int_equal(scene->count, 0);
}

static void position_and_holder_are_told(void **state)
{
	struct scene *scene = *state;
	put(scene, "a", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	put(scene, "a", 2, CHANGE_START, RUN_STARTING, "w0");
	put(scene, "b", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	struct runs_entry *last = put(scene, "c", 1, CHANGE_QUEUED, RUN_QUEUED, "w0");
	assert_int_equal(runs_position(scene->runs, last), 2);
	int64_t until_ms;
	assert_string_equal(runs_holder(scene->runs, "slx1", &until_ms)->capture_id, "a");
	assert_int_equal(until_ms, RECORD_UNSET);
	put(scene, "a", 3, CHANGE_ARMED, RUN_CAPTURING, "w0");
	runs_holder(scene->runs, "slx1", &until_ms);
	assert_int_equal(until_ms, 35000);
	assert_null(runs_holder(scene->runs, "slx2", &until_ms));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts_the_first_in_line_while_there_is_room),
		TEST(a_proposal_on_its_way_is_not_repeated_and_takes_room),
		TEST(a_full_worker_and_one_that_refused_start_nothing),
		TEST(only_the_owner_ends_what_waits),
		TEST(a_runner_renews_in_time),
		TEST(the_owner_takes_over_what_is_lost_and_nobody_else),
		TEST(what_was_taken_over_is_closed),
		TEST(a_replace_stops_the_oldest_once),
		TEST(position_and_holder_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
