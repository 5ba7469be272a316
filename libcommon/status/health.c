/* Keeps what the loop says and answers what the status thread asks. A lock is held only to copy. */
#include "status/health.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"

enum { TEXT_SIZE = 200 };

struct item {
	const char *name;
	bool ok;
	char what_is_not[TEXT_SIZE];
};

struct health {
	pthread_mutex_t mutex;
	int64_t stuck_after_ms;
	int64_t beat_boot_ms;
	size_t count;
	struct item items[HEALTH_ITEMS_MAX];
};

struct health *health_new(int64_t stuck_after_ms)
{
	struct health *health = memory_new(sizeof *health);
	pthread_mutex_init(&health->mutex, NULL);
	health->stuck_after_ms = stuck_after_ms;
	health->beat_boot_ms = clock_boot_ms();
	return health;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	pthread_mutex_destroy(&health->mutex);
	free(health);
}

void health_need(struct health *health, const char *name, const char *what_is_not)
{
	pthread_mutex_lock(&health->mutex);
	if (health->count == HEALTH_ITEMS_MAX)
		abort();
	struct item *item = &health->items[health->count++];
	*item = (struct item){ .name = name };
	text_printable(item->what_is_not, sizeof item->what_is_not, what_is_not, strlen(what_is_not));
	pthread_mutex_unlock(&health->mutex);
}

static struct item *find(struct health *health, const char *name)
{
	for (size_t i = 0; i < health->count; i++)
		if (text_equal(health->items[i].name, name))
			return &health->items[i];
	abort(); /* never declared */
}

void health_set(struct health *health, const char *name, bool ok, const char *what_is_not)
{
	pthread_mutex_lock(&health->mutex);
	struct item *item = find(health, name);
	item->ok = ok;
	if (what_is_not)
		text_printable(item->what_is_not, sizeof item->what_is_not, what_is_not, strlen(what_is_not));
	pthread_mutex_unlock(&health->mutex);
}

void health_beat(struct health *health)
{
	pthread_mutex_lock(&health->mutex);
	health->beat_boot_ms = clock_boot_ms();
	pthread_mutex_unlock(&health->mutex);
}

bool health_is_alive(struct health *health, char to[static HEALTH_TEXT_SIZE])
{
	pthread_mutex_lock(&health->mutex);
	int64_t still_ms = clock_boot_ms() - health->beat_boot_ms;
	int64_t stuck_after_ms = health->stuck_after_ms;
	pthread_mutex_unlock(&health->mutex);
	bool alive = still_ms < stuck_after_ms;
	if (alive)
		text_copy(to, HEALTH_TEXT_SIZE, "ok\n");
	else
		text_format(to, HEALTH_TEXT_SIZE, "the loop has not turned for %" PRId64 " s\n", still_ms / 1000);
	return alive;
}

/* "kafka: ok" or "kafka: Kafka was not reached yet"; 16 lines of at most 250 characters fit. */
bool health_is_ready(struct health *health, char to[static HEALTH_TEXT_SIZE])
{
	bool ready = true;
	size_t used = 0;
	text_copy(to, HEALTH_TEXT_SIZE, "ok\n");
	pthread_mutex_lock(&health->mutex);
	for (size_t i = 0; i < health->count; i++) {
		const struct item *item = &health->items[i];
		ready &= item->ok;
		text_format(to + used, HEALTH_TEXT_SIZE - used, "%s: %s\n", item->name,
			    item->ok ? "ok" : item->what_is_not);
		used += strlen(to + used);
	}
	pthread_mutex_unlock(&health->mutex);
	return ready;
}
