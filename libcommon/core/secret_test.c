#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/secret.h"
#include "core/text.h"

static char path[64];

static int open_file(void **state)
{
	(void)state;
	TEXT_COPY(path, "/tmp/capbus-secret-test-XXXXXX");
	int fd = mkstemp(path);
	return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static void expect_secret(const char *text, const char *wanted)
{
	put(text, strlen(text));
	struct error error;
	char *secret = secret_read(path, &error);
	assert_non_null(secret);
	assert_string_equal(secret, wanted);
	secret_free(secret);
}

static void expect_refused(const void *data, size_t size)
{
	put(data, size);
	struct error error = { 0 };
	assert_null(secret_read(path, &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_non_null(strstr(error.text, path));
	assert_null(strstr(error.text, "hunter2"));
}

static void test_the_first_line(void **state)
{
	(void)state;
	expect_secret("hunter2", "hunter2");
	expect_secret("hunter2\n", "hunter2");
	expect_secret("hunter2\r\nand more\n", "hunter2");
	expect_secret(" a b \n", " a b ");
	secret_free(NULL);
}

static void test_what_is_no_secret(void **state)
{
	(void)state;
	expect_refused("", 0);
	expect_refused("\nhunter2", 8);
	expect_refused("\r\n", 2);
	expect_refused("hunter2\0x", 9);
	struct error error = { 0 };
	assert_null(secret_read("/nonexistent/secret", &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_null(secret_read("/tmp", &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
}

static void test_the_longest(void **state)
{
	(void)state;
	char line[4100];
	memset(line, 's', sizeof line);
	memcpy(line + 4096, "\r\n", 3);
	put(line, 4098);
	char *secret = secret_read(path, NULL);
	assert_non_null(secret);
	assert_int_equal(strlen(secret), 4096);
	secret_free(secret);
	put(line, 4096);
	secret = secret_read(path, NULL);
	assert_non_null(secret);
	secret_free(secret);
	memset(line, 's', sizeof line);
	expect_refused(line, 4097);
	expect_refused(line, sizeof line);
}

/* Reads the secret with standard error in `log`; returns whether there is a line, and that it tells nothing. */
static bool is_warned_of(mode_t mode)
{
	assert_int_equal(chmod(path, mode), 0);
	int real_stderr = dup(STDERR_FILENO);
	int log_fd = memfd_create("log", MFD_CLOEXEC);
	dup2(log_fd, STDERR_FILENO);
	char *secret = secret_read(path, NULL);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	assert_non_null(secret);
	secret_free(secret);
	char line[1024] = "";
	ssize_t size = pread(log_fd, line, sizeof line - 1, 0);
	close(log_fd);
	assert_null(strstr(line, "hunter2"));
	if (size > 0)
		assert_non_null(strstr(line, path));
	return size > 0;
}

static void test_a_file_open_to_others_is_warned_of(void **state)
{
	(void)state;
	put("hunter2", 7);
	assert_true(is_warned_of(0644));
	assert_true(is_warned_of(0604));
	assert_false(is_warned_of(0640));
	assert_false(is_warned_of(0600));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_line),
		TEST(test_what_is_no_secret),
		TEST(test_the_longest),
		TEST(test_a_file_open_to_others_is_warned_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
