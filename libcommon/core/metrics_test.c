#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "core/memory.h"
#include "core/metrics.h"

enum { THREADS = 4, TIMES = 500000 };

static struct metric complete = { .name = "capbus_captures_total", .labels = "state=\"complete\"",
				  .help = "Captures that ended", .type = METRIC_COUNTER };
static struct metric waiting = { .name = "capbus_waiting", .help = "Requests that wait\nfor a \\ target",
				 .type = METRIC_GAUGE };
static struct metric partial = { .name = "capbus_captures_total", .labels = "state=\"partial\"",
				 .help = "Captures that ended", .type = METRIC_COUNTER };
static struct metric shared = { .name = "capbus_shared_total", .help = "Counted by all", .type = METRIC_COUNTER };

static char *shown(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	metrics_write(to);
	fclose(to);
	return text;
}

static void test_nothing_is_shown_before(void **state)
{
	(void)state;
	CLEANUP_FREE char *text = shown();
	assert_string_equal(text, "");
}

static void test_one_name_is_one_group(void **state)
{
	(void)state;
	metrics_register(&complete);
	metrics_register(&waiting);
	metrics_register(&partial);
	metrics_register(&complete);
	metrics_register(&partial);
	metrics_add(&complete, 2);
	metrics_add(&complete, 3);
	metrics_add(&partial, 1);
	metrics_set(&waiting, 9);
	metrics_set(&waiting, -4);
	CLEANUP_FREE char *text = shown();
	assert_string_equal(text, "# HELP capbus_captures_total Captures that ended\n"
				  "# TYPE capbus_captures_total counter\n"
				  "capbus_captures_total{state=\"complete\"} 5\n"
				  "capbus_captures_total{state=\"partial\"} 1\n"
				  "# HELP capbus_waiting Requests that wait\\nfor a \\\\ target\n"
				  "# TYPE capbus_waiting gauge\n"
				  "capbus_waiting -4\n");
}

static pthread_barrier_t start; /* so that they count at the same time */

static void *count(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	metrics_register(&shared);
	for (int i = 0; i < TIMES; i++) {
		metrics_add(&shared, 1);
		if (i % 50000 == 0)
			free(shown());
	}
	return NULL;
}

static void test_threads_lose_no_count(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	CLEANUP_FREE char *text = shown();
	const char *line = strstr(text, "\ncapbus_shared_total ");
	assert_non_null(line);
	assert_string_equal(line, "\ncapbus_shared_total 2000000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_shown_before),
		cmocka_unit_test(test_one_name_is_one_group),
		cmocka_unit_test(test_threads_lose_no_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
