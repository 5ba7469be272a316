/* What is told on standard output goes out whole, and is found again in a file, by its place and its checksum. */
#include "telling/console.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/text.h"
#include "packets/digest.h"

static int token;
static int own_stdout; /* cmocka's */
static void *console;
static struct thread claim;
static char path[] = "/tmp/console_test.XXXXXX";

static void redirect(int fd)
{
	assert_true(fd >= 0);
	fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
}

static int set_up(void **state)
{
	struct error error = { 0 };
	(void)state;
	record_init(&thread_record, &claim);
	own_stdout = dup(STDOUT_FILENO);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	redirect(mkstemp(path));
	console = console_teller.open(NULL, &error);
	return console ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	console_teller.close(console);
	redirect(own_stdout);
	unlink(path);
	return 0;
}

static void aim(const char *text)
{
	uint8_t hash[DIGEST_SHA256_SIZE];
	digest_sha256(text, strlen(text), hash);
	digest_hex(hash, sizeof hash, claim.said_sha256);
	console_teller.aim(console, text, &claim);
}

static struct teller_answer answer(void)
{
	struct teller_answer it, none;
	assert_true(console_teller.take(console, &it));
	assert_ptr_equal(it.token, &token);
	assert_false(console_teller.take(console, &none));
	return it;
}

static enum teller_word tell(const char *text)
{
	const struct telling telling = { &claim, NULL, NULL, text };
	console_teller.tell(console, &telling, &token);
	return answer().word;
}

static enum teller_word look_up(void)
{
	console_teller.look_up(console, &claim, &token);
	return answer().word;
}

static void it_is_found_where_it_was_told(void **state)
{
	(void)state;
	assert_int_equal(tell("one\n\n"), TELLER_DONE);
	aim("two\n\nlast word\n\n");
	assert_int_equal(look_up(), TELLER_NOT);
	assert_int_equal(tell("two\n\nlast word\n\n"), TELLER_DONE);
	assert_int_equal(look_up(), TELLER_DONE);
	assert_int_equal(tell("three\n\n"), TELLER_DONE);
	assert_int_equal(look_up(), TELLER_DONE);
}

static void it_is_found_behind_what_others_wrote(void **state)
{
	(void)state;
	aim("two\n\n");
	tell("of another\n\n");
	assert_int_equal(look_up(), TELLER_NOT);
	tell("two\n\n");
	assert_int_equal(look_up(), TELLER_DONE);
}

/* The same words, told before the claim, are another telling. */
static void what_was_told_before_is_not_it(void **state)
{
	(void)state;
	tell("two\n\n");
	aim("two\n\n");
	assert_int_equal(look_up(), TELLER_NOT);
}

static void half_of_it_is_not_it(void **state)
{
	(void)state;
	aim("two\n\n");
	tell("two\n");
	assert_int_equal(look_up(), TELLER_NOT);
}

static void another_file_or_none_cannot_be_looked_up(void **state)
{
	(void)state;
	aim("two\n\n");
	int other = open("/dev/null", O_WRONLY);
	redirect(other);
	assert_int_equal(look_up(), TELLER_UNKNOWN);
	aim("two\n\n");
	assert_string_equal(claim.message_ts, "");
	assert_int_equal(look_up(), TELLER_UNKNOWN);
	TEXT_COPY(claim.message_ts, "1503435956.000247"); /* Slack's */
	assert_int_equal(look_up(), TELLER_UNKNOWN);
}

static void a_file_that_was_cut_cannot_be_looked_up(void **state)
{
	(void)state;
	tell("one\n\n");
	aim("two\n\n");
	assert_int_equal(ftruncate(STDOUT_FILENO, 0), 0);
	assert_int_equal(look_up(), TELLER_UNKNOWN);
}

static void a_full_disk_is_told_later(void **state)
{
	(void)state;
	const struct telling telling = { &claim, NULL, NULL, "text\n\n" };
	redirect(open("/dev/full", O_WRONLY));
	console_teller.tell(console, &telling, &token);
	struct teller_answer full = answer();
	assert_int_equal(full.word, TELLER_NOT);
	assert_int_equal(full.error.kind, ERROR_AWAY);
	redirect(open("/dev/null", O_RDONLY));
	console_teller.tell(console, &telling, &token);
	assert_int_equal(answer().error.kind, ERROR_BROKEN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(it_is_found_where_it_was_told),
		TEST(it_is_found_behind_what_others_wrote),
		TEST(what_was_told_before_is_not_it),
		TEST(half_of_it_is_not_it),
		TEST(another_file_or_none_cannot_be_looked_up),
		TEST(a_file_that_was_cut_cannot_be_looked_up),
		TEST(a_full_disk_is_told_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
