#include "control.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_strongest_word_holds(void **state)
{
	struct control *control = control_new(INT64_MAX, NULL);
	struct pollfd fd = { .fd = control_fd(control), .events = POLLIN };

	(void)state;
	assert_int_equal(control_told(control), SESSION_GO_ON);
	assert_int_equal(poll(&fd, 1, 0), 0);
	control_stop(control, SESSION_CANCEL);
	assert_int_equal(poll(&fd, 1, 0), 1);
	control_stop(control, SESSION_STOP);
	assert_int_equal(control_told(control), SESSION_CANCEL);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_false(control_is_abandoned(control));
	control_stop(control, SESSION_ABANDON);
	assert_true(control_is_abandoned(control));
	control_free(control);
}

static void *wait_for_lease(void *context)
{
	return control_wait_for_lease(context) ? context : NULL;
}

static void who_waits_for_a_lease_hears_of_it(void **state)
{
	(void)state;
	for (int abandon = 0; abandon < 2; abandon++) {
		struct control *control = control_new(0, NULL);
		pthread_t thread;
		void *answer;
		assert_false(control_lease_holds(control));
		assert_int_equal(pthread_create(&thread, NULL, wait_for_lease, control), 0);
		control_stop(control, SESSION_STOP); /* is no answer */
		if (abandon)
			control_stop(control, SESSION_ABANDON);
		else
			control_lease(control, INT64_MAX);
		pthread_join(thread, &answer);
		assert_ptr_equal(answer, abandon ? NULL : control);
		control_free(control);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_word_holds),
		cmocka_unit_test(who_waits_for_a_lease_hears_of_it),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
