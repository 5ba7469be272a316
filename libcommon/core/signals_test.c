#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "core/signals.h"

static int signals_fd;

static int open_signals(void **state)
{
	(void)state;
	signals_fd = signals_open();
	return signals_fd >= 0 ? 0 : -1;
}

static int close_signals(void **state)
{
	(void)state;
	return close(signals_fd);
}

static void test_signals_are_read(void **state)
{
	(void)state;
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct pollfd waiting = { .fd = signals_fd, .events = POLLIN };
	assert_int_equal(signals_take(signals_fd), 0);
	assert_int_equal(poll(&waiting, 1, 0), 0);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		assert_int_equal(kill(getpid(), numbers[i]), 0);
		assert_int_equal(poll(&waiting, 1, -1), 1);
		assert_int_equal(signals_take(signals_fd), numbers[i]);
		assert_int_equal(signals_take(signals_fd), 0);
	}
	assert_int_equal(fcntl(signals_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void *mask_of_thread(void *set)
{
	pthread_sigmask(SIG_SETMASK, NULL, set);
	return NULL;
}

static void test_threads_have_them_blocked(void **state)
{
	(void)state;
	sigset_t set;
	sigemptyset(&set);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, mask_of_thread, &set), 0);
	pthread_join(thread, NULL);
	assert_int_equal(sigismember(&set, SIGTERM), 1);
	assert_int_equal(sigismember(&set, SIGINT), 1);
	assert_int_equal(sigismember(&set, SIGHUP), 1);
	assert_int_equal(sigismember(&set, SIGALRM), 0);
}

static void test_a_broken_pipe_is_an_error_not_an_end(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
}

static void test_no_signalfd_is_no_signal(void **state)
{
	(void)state;
	assert_int_equal(signals_take(-1), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_signals, close_signals)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signals_are_read),
		TEST(test_threads_have_them_blocked),
		TEST(test_a_broken_pipe_is_an_error_not_an_end),
		TEST(test_no_signalfd_is_no_signal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
