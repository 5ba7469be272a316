/* A file appears whole, under its name, once; another capture's is never touched, nor removed. */
#include "store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"
#include "packets/digest.h"

#define NAME "2026-11-23/20261123T140211Z_slx1_r.pcapng"

static char path[64];
static struct config *config;
static void *folder;
static struct store_file file;
static struct store_whole whole;
static struct store_answer answer;
static int told;

/* A file that begins as the spool's do: its first block, with the capture's id as the first comment. */
static void make_file(const char *capture_id, size_t size)
{
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char comment[128];
	uint8_t *data = memory_new(size);
	TEXT_FORMAT(comment, "capture %s", capture_id);
	data[24] = 1;
	data[26] = (uint8_t)strlen(comment);
	memcpy(data + 28, comment, strlen(comment));
	for (size_t i = 256; i < size; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	int fd = memfd_create("spool", MFD_CLOEXEC);
	assert_int_equal(write(fd, data, size), size);
	digest_sha256(data, size, sha256);
	digest_hex(sha256, sizeof sha256, whole.sha256);
	free(data);
	TEXT_COPY(file.capture_id, capture_id);
	TEXT_COPY(file.target, "slx1");
	file.at_ms = 1795442531123;
	file.fd = fd;
	whole.size_bytes = (int64_t)size;
}

static void open_with(const char *key, const char *value)
{
	struct error error = { 0 };
	CLEANUP_FREE char *directory = memory_format("folder.directory=%s", path);
	CLEANUP_FREE char *more = memory_format("%s=%s", key, value);
	config = config_new(CONFIG_UPLOAD);
	config_set(config, directory);
	config_set(config, more);
	config_judge(config);
	folder = folder_open(config, &error);
	assert_string_equal(error.text, "");
	assert_non_null(folder);
}

static void tell(void *context, uint64_t number, const struct store_answer *given)
{
	assert_null(context);
	assert_int_equal(number, 7);
	answer = *given;
	told++;
}

static const struct store_job job = { .number = 7, .told = tell };

/* Both to the end; true where it went well. The file's fd stays the test's. */
static bool put(void)
{
	struct store_file given = file;
	given.fd = dup(file.fd);
	told = 0;
	void *transfer = folder_begin(folder, &job, &given);
	if (transfer)
		folder_finish(transfer, &whole);
	assert_int_equal(told, 1);
	return answer.ok;
}

static bool remove_it(const char *capture_id, const char *name)
{
	struct store_removal removal = { .target = "slx1" };
	TEXT_COPY(removal.capture_id, capture_id);
	TEXT_COPY(removal.name, name);
	told = 0;
	folder_remove(folder, &job, &removal);
	assert_int_equal(told, 1);
	return answer.ok;
}

static int set_up(void **state)
{
	(void)state;
	TEXT_COPY(path, "/tmp/capbus-folder-XXXXXX");
	assert_non_null(mkdtemp(path));
	file = (struct store_file){ .fd = -1 };
	open_with("upload.store", "folder");
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
	folder_close(folder);
	config_free(config);
	memory_closep(&file.fd);
	unlink(in_folder(NAME));
	rmdir(in_folder(".incoming")); /* fails, and with it the last, where something was left in it */
	rmdir(in_folder("2026-11-23"));
	assert_int_equal(rmdir(path), 0);
	return 0;
}

static void assert_stored(const char *name, size_t size)
{
	struct error error;
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char *data, hex[DIGEST_SHA256_HEX_SIZE];
	size_t found;
	assert_int_equal(file_read(in_folder(name), 1 << 24, &data, &found, &error), 0);
	assert_int_equal(found, size);
	digest_sha256(data, found, sha256);
	digest_hex(sha256, sizeof sha256, hex);
	assert_string_equal(hex, whole.sha256);
	free(data);
}

static void a_file_is_stored_under_its_name(void **state)
{
	(void)state;
	struct stat is;
	make_file("r-slx1", 3000000);
	assert_true(put());
	assert_string_equal(answer.place.name, NAME);
	assert_string_equal(answer.place.link, in_folder(NAME));
	assert_stored(NAME, 3000000);
	assert_int_equal(stat(in_folder(NAME), &is), 0);
	assert_int_equal(is.st_mode & 07137, 0);
}

static void the_same_capture_replaces_its_file(void **state)
{
	(void)state;
	make_file("r-slx1", 1000);
	assert_true(put());
	close(file.fd);
	make_file("r-slx1", 2000);
	assert_true(put());
	assert_stored(NAME, 2000);
}

static void another_captures_file_is_refused_for_good(void **state)
{
	(void)state;
	make_file("r-slx1", 1000);
	assert_true(put());
	int fd = open(in_folder(NAME), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 28), 1); /* now it says that it is another's */
	close(fd);
	assert_false(put());
	assert_int_equal(answer.error.kind, ERROR_INPUT);
	assert_non_null(strstr(answer.error.text, "not of this capture"));
}

static void a_spool_that_changed_is_not_stored(void **state)
{
	(void)state;
	make_file("r-slx1", 1000);
	assert_int_equal(pwrite(file.fd, "X", 1, 999), 1);
	assert_false(put());
	assert_int_equal(answer.error.kind, ERROR_AWAY);
	assert_int_not_equal(access(in_folder(NAME), F_OK), 0);
}

static void a_day_that_leads_elsewhere_is_not_followed(void **state)
{
	(void)state;
	char other[64] = "/tmp/capbus-other-XXXXXX";
	assert_non_null(mkdtemp(other));
	assert_int_equal(symlink(other, in_folder("2026-11-23")), 0);
	make_file("r-slx1", 1000);
	assert_false(put());
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(unlink(in_folder("2026-11-23")), 0);
}

static void links_begin_with_the_url(void **state)
{
	(void)state;
	folder_close(folder);
	config_free(config);
	open_with("folder.url", "https://captures.example/files//");
	make_file("r-slx1", 1000);
	assert_true(put());
	assert_string_equal(answer.place.link, "https://captures.example/files/" NAME);
}

static void a_check_leaves_nothing_behind(void **state)
{
	(void)state;
	struct error error;
	assert_int_equal(folder_check(folder, &error), 0);
}

/* A share that is mounted after the start hides what is written: nothing is, until somebody looks. */
static void another_folder_in_its_place_gets_nothing(void **state)
{
	(void)state;
	CLEANUP_FREE char *moved = memory_format("%s.moved", path);
	make_file("r-slx1", 1000);
	assert_int_equal(rename(path, moved), 0);
	assert_false(put());
	assert_int_equal(answer.error.kind, ERROR_AWAY);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(put());
	assert_int_equal(answer.error.kind, ERROR_AWAY);
	assert_false(remove_it("r-slx1", NAME));
	assert_int_equal(answer.error.kind, ERROR_AWAY);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(moved, path), 0);
	assert_true(put());
}

static void only_what_nobody_writes_is_left_over(void **state)
{
	(void)state;
	make_file("r-slx1", 1000);
	struct store_file given = file;
	given.fd = dup(file.fd);
	void *transfer = folder_begin(folder, &job, &given);
	fclose(fopen(in_folder(".incoming/old.1"), "w"));
	void *first = folder;
	config_free(config);
	open_with("upload.store", "folder");
	assert_int_not_equal(access(in_folder(".incoming/old.1"), F_OK), 0);
	folder_finish(transfer, &whole);
	assert_true(answer.ok);
	folder_close(first);
}

static void the_same_bytes_stay_untouched(void **state)
{
	(void)state;
	struct stat first, second;
	make_file("r-slx1", 1000);
	assert_true(put());
	assert_int_equal(stat(in_folder(NAME), &first), 0);
	assert_true(put());
	assert_int_equal(stat(in_folder(NAME), &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
}

static void only_the_captures_own_file_is_removed(void **state)
{
	(void)state;
	make_file("r-slx1", 1000);
	assert_true(put());
	assert_false(remove_it("r-slx1", "2026-11-23/../2026-11-23/20261123T140211Z_slx1_r.pcapng"));
	assert_false(remove_it("r-slx1", ""));
	assert_false(remove_it("s-slx1", NAME));
	assert_false(remove_it("r-slx1", "2026-11-23/20261123T140211Z_slx1_s.pcapng"));
	assert_int_equal(answer.error.kind, ERROR_INPUT);
	assert_stored(NAME, 1000);
	assert_true(remove_it("r-slx1", "2026-11-23/20261123T140211Z_slx1_r_partial.pcapng"));
	assert_stored(NAME, 1000);
	assert_true(remove_it("r-slx1", NAME));
	assert_int_not_equal(access(in_folder("2026-11-23"), F_OK), 0);
	assert_true(remove_it("r-slx1", NAME));
}

static void a_file_that_another_capture_has_now_is_not_removed(void **state)
{
	(void)state;
	make_file("s-slx1", 1000);
	TEXT_COPY(file.capture_id, "r-slx1"); /* its name, another's content */
	assert_true(put());
	assert_false(remove_it("r-slx1", NAME));
	assert_int_equal(answer.error.kind, ERROR_INPUT);
	assert_stored(NAME, 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_stored_under_its_name),
		TEST(the_same_capture_replaces_its_file),
		TEST(another_captures_file_is_refused_for_good),
		TEST(a_spool_that_changed_is_not_stored),
		TEST(a_day_that_leads_elsewhere_is_not_followed),
		TEST(links_begin_with_the_url),
		TEST(a_check_leaves_nothing_behind),
		TEST(another_folder_in_its_place_gets_nothing),
		TEST(only_what_nobody_writes_is_left_over),
		TEST(the_same_bytes_stay_untouched),
		TEST(only_the_captures_own_file_is_removed),
		TEST(a_file_that_another_capture_has_now_is_not_removed),
	};
	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
