/* The registry that /metrics shows: a list of the metrics themselves, so that it has nothing to allocate. The
 * lock guards the list alone; values are atomic. */
#include "core/metrics.h"

#include <pthread.h>
#include <stdbool.h>

#include "core/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric *first;

static bool is_registered(const struct metric *metric)
{
	for (const struct metric *it = first; it; it = it->next)
		if (it == metric)
			return true;
	return false;
}

void metrics_register(struct metric *metric)
{
	pthread_mutex_lock(&lock);
	if (!is_registered(metric)) {
		struct metric **end = &first;
		while (*end)
			end = &(*end)->next;
		metric->next = NULL;
		*end = metric;
	}
	pthread_mutex_unlock(&lock);
}

void metrics_add(struct metric *metric, int64_t by)
{
	atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}

void metrics_set(struct metric *metric, int64_t to)
{
	atomic_store_explicit(&metric->value, to, memory_order_relaxed);
}

static bool is_first_of_its_name(const struct metric *metric)
{
	const struct metric *it = first;
	while (!text_equal(it->name, metric->name))
		it = it->next;
	return it == metric;
}

static void write_help(FILE *to, const char *help)
{
	for (; *help; help++) {
		if (*help == '\n')
			fputs("\\n", to);
		else if (*help == '\\')
			fputs("\\\\", to);
		else
			fputc(*help, to);
	}
}

/* HELP and TYPE once for a name, then all metrics that bear it: the format wants them in one group. */
static void write_group(FILE *to, const struct metric *group)
{
	fprintf(to, "# HELP %s ", group->name);
	write_help(to, group->help);
	fprintf(to, "\n# TYPE %s %s\n", group->name, group->type == METRIC_COUNTER ? "counter" : "gauge");
	for (struct metric *it = first; it; it = it->next) {
		if (!text_equal(it->name, group->name))
			continue;
		intmax_t value = atomic_load_explicit(&it->value, memory_order_relaxed);
		if (it->labels)
			fprintf(to, "%s{%s} %jd\n", it->name, it->labels, value);
		else
			fprintf(to, "%s %jd\n", it->name, value);
	}
}

void metrics_write(FILE *to)
{
	pthread_mutex_lock(&lock);
	for (const struct metric *it = first; it; it = it->next)
		if (is_first_of_its_name(it))
			write_group(to, it);
	pthread_mutex_unlock(&lock);
}
