/* A file goes into its store while it grows, again when that failed or the file was lost, and out of it again where
 * results name another's. A real spool, a real folder, the real thread between them. */
#include "store/storing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "record/chunk.h"

#define NAME "2026-11-23/20261123T140211Z_slx1_r.pcapng"

static char top[64], path[80];
static struct config *config;
static struct stores *stores;
static struct transfers *transfers;
static struct spool_folder *spools;
static struct spool *spool;
static struct storing *storing;

static const char *in_folder(const char *name)
{
	static char full[256];
	TEXT_FORMAT(full, "%s/%s", path, name);
	return full;
}

static void make_spool(void)
{
	struct chunk chunk;
	struct error error = { 0 };
	record_init(&chunk_record, &chunk);
	TEXT_COPY(chunk.begin.request.target, "slx1");
	chunk.begin.link_type = 1;
	spool = spool_new(spools, "r-slx1", &chunk.begin, &error);
	assert_non_null(spool);
}

static int set_up(void **state)
{
	struct error error = { 0 };
	(void)state;
	TEXT_COPY(top, "/tmp/capbus-storing-XXXXXX");
	assert_non_null(mkdtemp(top));
	spools = spool_folder_open(top, &error);
	assert_non_null(spools);
	TEXT_FORMAT(path, "%s/folder", top);
	assert_int_equal(mkdir(path, 0700), 0);
	CLEANUP_FREE char *directory = memory_format("folder.directory=%s", path);
	config = config_new(CONFIG_UPLOAD);
	config_set(config, directory);
	config_set(config, "upload.store=folder");
	config_judge(config);
	stores = stores_open(config, &error);
	assert_non_null(stores);
	transfers = transfers_start(stores, &error);
	assert_non_null(transfers);
	const struct storing_parts parts = { stores, transfers };
	const struct store_file file = { .capture_id = "r-slx1", .target = "slx1", .at_ms = 1795442531123, .fd = -1 };
	storing = storing_new(&parts, &file, "r");
	make_spool();
	return 0;
}

static int tear_down(void **state)
{
	char lock[96];
	(void)state;
	storing_free(storing);
	transfers_stop(transfers);
	stores_free(stores);
	config_free(config);
	spool_free(spool);
	spool_folder_free(spools);
	unlink(in_folder(NAME));
	rmdir(in_folder("2026-11-23"));
	rmdir(in_folder(".incoming"));
	assert_int_equal(rmdir(path), 0); /* nothing was left */
	TEXT_FORMAT(lock, "%s/.lock", top);
	unlink(lock);
	assert_int_equal(rmdir(top), 0);
	return 0;
}

static void finish(int64_t now_boot_ms)
{
	struct error error = { 0 };
	assert_int_equal(spool_finish(spool, &(struct pcapng_write_statistics){ .comment = "done" }, &error), 0);
	storing_finish(storing, spool, false, now_boot_ms);
}

static void answer(int64_t now_boot_ms)
{
	struct pollfd fd = { .fd = transfers_fd(transfers), .events = POLLIN };
	struct store_answer given;
	uint64_t number;
	while (!transfers_take(transfers, &number, &given))
		assert_int_equal(poll(&fd, 1, 60000), 1);
	assert_true(storing_answered(storing, number, &given, now_boot_ms));
	assert_false(storing_answered(storing, number + 1000, &given, now_boot_ms));
}

static struct result_store filled(void)
{
	struct result result;
	record_init(&result_record, &result);
	storing_fill(storing, &result);
	assert_int_equal(result.stores_count, 1);
	assert_string_equal(result.stores[0].store, "folder");
	return result.stores[0];
}

static bool is_there(const char *name)
{
	return access(in_folder(name), F_OK) == 0;
}

static void it_is_stored_once_it_is_whole(void **state)
{
	(void)state;
	struct error error = { 0 };
	storing_grow(storing, spool, 0);
	assert_true(storing_is_busy(storing));
	assert_int_equal(filled().state, STORE_STORING);
	assert_int_equal(spool_keep_alive(spool, &error), 0);
	storing_grow(storing, spool, 0);
	finish(0);
	answer(0);
	assert_false(storing_is_busy(storing));
	assert_int_equal(filled().state, STORE_STORED);
	assert_string_equal(filled().name, NAME);
	assert_int_equal(filled().size, spool_size(spool));
	assert_true(is_there(NAME));
	storing_grow(storing, spool, 100000);
	assert_false(storing_is_busy(storing));
}

static void a_store_that_fails_is_tried_again_later(void **state)
{
	(void)state;
	close(open(in_folder(".incoming"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)); /* where a folder should be */
	storing_grow(storing, spool, 0);
	answer(0);
	assert_non_null(storing_trouble(storing));
	assert_int_equal(filled().state, STORE_WAITING);
	finish(500);
	assert_false(storing_is_busy(storing));
	assert_int_equal(unlink(in_folder(".incoming")), 0);
	storing_grow(storing, spool, 1000);
	assert_true(storing_is_busy(storing));
	assert_int_equal(filled().state, STORE_WAITING);
	answer(1000);
	assert_null(storing_trouble(storing));
	assert_int_equal(filled().state, STORE_STORED);
}

static void a_lost_file_is_stored_when_it_is_back(void **state)
{
	(void)state;
	storing_grow(storing, spool, 0);
	storing_lose_file(storing);
	spool_free(spool);
	assert_false(storing_is_busy(storing));
	make_spool();
	finish(0);
	answer(0);
	assert_int_equal(filled().state, STORE_STORED);
	assert_true(is_there(NAME));
}

static struct result standing_of(enum store_state store_state, const char *name)
{
	struct result result;
	record_init(&result_record, &result);
	result.stores_count = 1;
	TEXT_COPY(result.stores[0].store, "folder");
	TEXT_COPY(result.stores[0].name, name);
	result.stores[0].state = store_state;
	return result;
}

static void a_rivals_other_file_makes_mine_go(void **state)
{
	(void)state;
	const struct result theirs = standing_of(STORE_STORED, "2026-11-23/20261123T140211Z_slx1_r_partial.pcapng");
	finish(0);
	assert_false(storing_yield(storing, &theirs, 0)); /* it may be stored by now */
	answer(0);
	assert_true(is_there(NAME));
	assert_false(storing_yield(storing, &theirs, 0));
	assert_false(storing_yield(storing, &theirs, 0));
	answer(0);
	assert_false(is_there(NAME));
	assert_true(storing_yield(storing, &theirs, 0));
}

static void the_same_file_never_goes(void **state)
{
	(void)state;
	const struct result same = standing_of(STORE_STORED, NAME), deleting = standing_of(STORE_DELETING, NAME);
	finish(0);
	answer(0);
	assert_true(storing_yield(storing, &same, 0));
	assert_true(storing_yield(storing, &deleting, 0)); /* whose matter it is, is another's */
	assert_true(is_there(NAME));
	const struct result deleted = standing_of(STORE_DELETED, NAME);
	assert_false(storing_yield(storing, &deleted, 0));
	answer(0);
	assert_false(is_there(NAME));
}

static void what_is_not_whole_yet_is_not_waited_for(void **state)
{
	(void)state;
	const struct result theirs = standing_of(STORE_STORED, "other");
	storing_grow(storing, spool, 0);
	assert_true(storing_yield(storing, &theirs, 0));
	assert_false(storing_is_busy(storing));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_stored_once_it_is_whole),
		TEST(a_store_that_fails_is_tried_again_later),
		TEST(a_lost_file_is_stored_when_it_is_back),
		TEST(a_rivals_other_file_makes_mine_go),
		TEST(the_same_file_never_goes),
		TEST(what_is_not_whole_yet_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
