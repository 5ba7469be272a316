/* Standard error is a pipe of packets here (O_DIRECT): one read gives what one write(2) wrote. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

enum { TIME_LENGTH = 24, THREADS = 4, LINES = 50 };

static int real_stderr;
static int log_fd;

static int open_log(void **state)
{
	(void)state;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_DIRECT | O_NONBLOCK) != 0)
		return -1;
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_fd = ends[0];
	return 0;
}

static int close_log(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(log_fd);
	log_open(NULL, LOG_INFO, LOG_TEXT);
	return 0;
}

/* What one write(2) wrote, "" where nothing waits. */
static const char *written(void)
{
	static char line[8192];
	ssize_t size = read(log_fd, line, sizeof line - 1);
	line[size > 0 ? size : 0] = '\0';
	return line;
}

static void expect_after_time(const char *line, const char *wanted)
{
	assert_true(strlen(line) > TIME_LENGTH);
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[TIME_LENGTH - 1], 'Z');
	assert_string_equal(line + TIME_LENGTH, wanted);
}

static void test_before_open_it_is_text_at_info(void **state)
{
	(void)state;
	log_debug(NULL, "not shown");
	assert_string_equal(written(), "");
	log_info(NULL, "%d targets", 3);
	expect_after_time(written(), " info  3 targets\n");
}

static void test_text_lines(void **state)
{
	(void)state;
	log_open("capture", LOG_DEBUG, LOG_TEXT);
	const struct log_about about = { .capture_id = "k7f3qa-slx1", .target = "slx1" };
	log_debug(&about, "armed");
	expect_after_time(written(), " debug capture capture_id=k7f3qa-slx1 target=slx1 armed\n");
	log_warning(NULL, "w");
	expect_after_time(written(), " warn  capture w\n");
	const struct log_about request = { .request_id = "k7\n" };
	log_error(&request, "e");
	expect_after_time(written(), " error capture request_id=k7\\x0a e\n");
}

static void test_level(void **state)
{
	(void)state;
	log_open("capture", LOG_WARNING, LOG_TEXT);
	assert_false(log_enabled(LOG_INFO));
	assert_true(log_enabled(LOG_WARNING));
	log_info(NULL, "not shown");
	assert_string_equal(written(), "");
	log_error(NULL, "shown");
	expect_after_time(written(), " error capture shown\n");
}

static void test_json_lines(void **state)
{
	(void)state;
	log_open("upload", LOG_INFO, LOG_JSON);
	const struct log_about about = { .request_id = "r", .capture_id = "c\"", .target = "t\\" };
	log_info(&about, "say \"hi\"\n\\ \xc3\xa4");
	const char *line = written();
	assert_memory_equal(line, "{\"time\":\"", 9);
	assert_string_equal(line + 9 + TIME_LENGTH,
			    "\",\"level\":\"info\",\"stage\":\"upload\",\"request_id\":\"r\","
			    "\"capture_id\":\"c\\\"\",\"target\":\"t\\\\\","
			    "\"message\":\"say \\\"hi\\\"\\\\x0a\\\\ \xc3\xa4\"}\n");
}

static void test_one_line_whatever_the_message_holds(void **state)
{
	(void)state;
	log_open("capture", LOG_INFO, LOG_TEXT);
	log_info(NULL, "a\nb\r\x1b[2J\xff%s", "\xe2\x80\xae");
	expect_after_time(written(), " info  capture a\\x0ab\\x0d\\x1b[2J\\xff\\xe2\\x80\\xae\n");
	assert_string_equal(written(), "");
}

/* The pipe hands out what is longer than a page in pieces; the line must be whole all the same. */
static void expect_long_line(enum log_style style, const char *end)
{
	log_open("capture", LOG_INFO, style);
	char huge[10000];
	memset(huge, '"', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	const struct log_about about = { .request_id = huge, .capture_id = huge, .target = huge };
	log_info(&about, "%s", huge);
	char all[16384];
	size_t size = 0;
	for (const char *piece = written(); *piece; piece = written())
		size += (size_t)snprintf(all + size, sizeof all - size, "%s", piece);
	assert_true(size > 3000);
	assert_string_equal(all + size - strlen(end), end);
	assert_ptr_equal(strchr(all, '\n'), all + size - 1);
}

static void test_a_long_message_is_cut(void **state)
{
	(void)state;
	expect_long_line(LOG_TEXT, "\"\n");
	expect_long_line(LOG_JSON, "\\\"\"}\n");
}

static void test_errno_stays(void **state)
{
	(void)state;
	errno = EXDEV;
	log_info(NULL, "x");
	assert_int_equal(errno, EXDEV);
}

static void test_what_cannot_be_written_is_lost(void **state)
{
	(void)state;
	/* A full pipe that does not block; then one that nobody reads. */
	char page[4096] = { 0 };
	while (write(STDERR_FILENO, page, sizeof page) > 0)
		continue;
	errno = EXDEV;
	log_info(NULL, "lost");
	assert_int_equal(errno, EXDEV);
	close(log_fd);
	log_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	log_info(NULL, "lost");
	assert_int_equal(errno, EXDEV);
	signal(SIGPIPE, SIG_DFL);
}

static void *log_many(void *text)
{
	for (int i = 0; i < LINES; i++)
		log_info(NULL, "%s", (const char *)text);
	return NULL;
}

static void test_lines_of_threads_stay_whole(void **state)
{
	(void)state;
	static char texts[THREADS][200];
	pthread_t threads[THREADS];
	int count[THREADS] = { 0 };
	/* Each write takes a page of the pipe. */
	assert_true(fcntl(log_fd, F_SETPIPE_SZ, 1 << 20) >= THREADS * LINES * 4096);
	for (int i = 0; i < THREADS; i++) {
		memset(texts[i], 'a' + i, sizeof texts[i] - 1);
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, texts[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (const char *line = written(); *line; line = written()) {
		const char *message = line + TIME_LENGTH + strlen(" info  ");
		int thread = message[0] - 'a';
		assert_true(thread >= 0 && thread < THREADS);
		assert_memory_equal(message, texts[thread], sizeof texts[0] - 1);
		assert_string_equal(message + sizeof texts[0] - 1, "\n");
		count[thread]++;
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(count[i], LINES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_log, close_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_before_open_it_is_text_at_info),
		TEST(test_text_lines),
		TEST(test_level),
		TEST(test_json_lines),
		TEST(test_one_line_whatever_the_message_holds),
		TEST(test_a_long_message_is_cut),
		TEST(test_errno_stays),
		TEST(test_what_cannot_be_written_is_lost),
		TEST(test_lines_of_threads_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
