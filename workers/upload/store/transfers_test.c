/* The stores' thread with a real folder: what is begun, grows and is whole arrives; what is aborted leaves
 * nothing. */
#include "store/transfers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"
#include "packets/digest.h"

#define NAME "2026-11-23/20261123T140211Z_slx1_r.pcapng"
#define BEGINNING "\n\r\r\n                    \1\0\016\0capture r-slx1"

enum { SIZE = 3000000 };

static char path[64];
static struct config *config;
static struct stores *stores;
static struct transfers *transfers;
static uint8_t *data;
static int spool_fd;

static int set_up(void **state)
{
	struct error error = { 0 };
	(void)state;
	TEXT_COPY(path, "/tmp/capbus-transfers-XXXXXX");
	assert_non_null(mkdtemp(path));
	CLEANUP_FREE char *directory = memory_format("folder.directory=%s", path);
	config = config_new(CONFIG_UPLOAD);
	config_set(config, directory);
	config_set(config, "upload.store=folder");
	config_judge(config);
	stores = stores_open(config, &error);
	assert_non_null(stores);
	transfers = transfers_start(stores, &error);
	data = memory_new(SIZE);
	memcpy(data, BEGINNING, sizeof BEGINNING - 1);
	spool_fd = memfd_create("spool", MFD_CLOEXEC);
	return 0;
}

static const char *in_folder(const char *name)
{
	static char full[256];
	TEXT_FORMAT(full, "%s/%s", path, name);
	return full;
}

static int tear_down(void **state)
{
	(void)state;
	transfers_stop(transfers);
	stores_free(stores);
	config_free(config);
	free(data);
	close(spool_fd);
	unlink(in_folder(NAME));
	rmdir(in_folder("2026-11-23"));
	assert_int_equal(rmdir(in_folder(".incoming")), 0); /* nothing was left in it */
	assert_int_equal(rmdir(path), 0);
	return 0;
}

static void grow(size_t from, size_t to)
{
	assert_int_equal(pwrite(spool_fd, data + from, to - from, (off_t)from), to - from);
}

static uint64_t begin(void)
{
	struct store_file file = { .capture_id = "r-slx1", .target = "slx1", .at_ms = 1795442531123,
				   .fd = dup(spool_fd) };
	return transfers_begin(transfers, 0, &file);
}

static struct store_whole whole_of(size_t size)
{
	struct store_whole whole = { .size_bytes = (int64_t)size };
	uint8_t sha256[DIGEST_SHA256_SIZE];
	digest_sha256(data, size, sha256);
	digest_hex(sha256, sizeof sha256, whole.sha256);
	return whole;
}

static uint64_t wait_answer(struct store_answer *ret_answer)
{
	struct pollfd fd = { .fd = transfers_fd(transfers), .events = POLLIN };
	uint64_t number;
	while (!transfers_take(transfers, &number, ret_answer))
		assert_int_equal(poll(&fd, 1, 60000), 1);
	return number;
}

static void a_file_arrives_while_it_grows(void **state)
{
	(void)state;
	struct store_answer answer;
	struct store_whole whole = whole_of(SIZE);
	grow(0, 1000);
	uint64_t number = begin();
	for (size_t size = 1000; size < SIZE; size += 100000) {
		grow(size, size + 100000 < SIZE ? size + 100000 : SIZE);
		transfers_append(transfers, number, (int64_t)size);
	}
	transfers_finish(transfers, number, &whole);
	assert_int_equal(wait_answer(&answer), number);
	assert_true(answer.ok);
	assert_string_equal(answer.place.name, NAME);
	assert_int_equal(access(in_folder(NAME), R_OK), 0);
}

static void what_is_aborted_leaves_nothing(void **state)
{
	(void)state;
	struct store_answer answer;
	grow(0, SIZE);
	uint64_t aborted = begin();
	transfers_append(transfers, aborted, SIZE);
	transfers_abort(transfers, aborted);
	uint64_t failed = begin();
	struct store_whole longer = whole_of(SIZE);
	longer.size_bytes += 1;
	transfers_finish(transfers, failed, &longer);
	assert_int_equal(wait_answer(&answer), failed);
	assert_false(answer.ok);
	assert_int_equal(answer.error.kind, ERROR_AWAY);
	assert_int_equal(access(in_folder(NAME), F_OK), -1);
	begin(); /* ended by tear_down, unfinished */
}

static void what_is_stored_is_removed_once(void **state)
{
	(void)state;
	struct store_answer answer;
	struct store_whole whole = whole_of(SIZE);
	struct store_removal removal = { "r-slx1", "slx1", NAME };
	grow(0, SIZE);
	transfers_finish(transfers, begin(), &whole);
	wait_answer(&answer);
	for (int i = 0; i < 2; i++) {
		uint64_t number = transfers_remove(transfers, 0, &removal);
		assert_int_equal(wait_answer(&answer), number);
		assert_true(answer.ok);
		assert_int_equal(access(in_folder(NAME), F_OK), -1);
		assert_int_equal(access(in_folder("2026-11-23"), F_OK), -1);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_arrives_while_it_grows),
		TEST(what_is_aborted_leaves_nothing),
		TEST(what_is_stored_is_removed_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
