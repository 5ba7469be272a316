/* Bytes in flight. A gate and all its children share the lock and the condition of the topmost one, so that
 * passing is one decision about the whole chain: nothing is ever held in one gate while waiting for another. */
#include "core/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/memory.h"

/* The condition's clock stops in suspend, the deadline's does not: so no wait is longer than this before the
 * deadline is looked at again. */
enum { STEP_MS = 1000, NS_IN_MS = 1000000 };
static const int64_t ns_in_second = 1000000000;

struct family {
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct gate {
	struct gate *parent;
	struct family *family; /* owned by the gate without a parent */
	size_t maximum;
	size_t in_flight;
	int64_t waited_ns;
	bool closed;
};

static struct family *family_new(void)
{
	struct family *family = memory_new(sizeof *family);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&family->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&family->lock, NULL);
	return family;
}

struct gate *gate_new(struct gate *parent, size_t maximum_bytes)
{
	struct gate *gate = memory_new(sizeof *gate);
	gate->parent = parent;
	gate->family = parent ? parent->family : family_new();
	gate->maximum = maximum_bytes;
	return gate;
}

void gate_free(struct gate *gate)
{
	if (!gate)
		return;
	/* Its bytes would be in its parent for ever. */
	if (gate->in_flight > 0)
		abort();
	if (!gate->parent) {
		pthread_cond_destroy(&gate->family->changed);
		pthread_mutex_destroy(&gate->family->lock);
		free(gate->family);
	}
	free(gate);
}

static int64_t monotonic_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * ns_in_second + at.tv_nsec;
}

/* Waits for a change of the family, at most until the deadline; false where that has come. Lock held. */
static bool wait_for_change(struct gate *gate, int64_t deadline_boot_ms)
{
	int step_ms = clock_poll_ms(deadline_boot_ms, STEP_MS);
	if (step_ms == 0)
		return false;
	int64_t until_ns = monotonic_ns() + (int64_t)step_ms * NS_IN_MS;
	struct timespec until = { .tv_sec = until_ns / ns_in_second, .tv_nsec = until_ns % ns_in_second };
	pthread_cond_timedwait(&gate->family->changed, &gate->family->lock, &until);
	return true;
}

static bool is_closed(const struct gate *gate)
{
	for (; gate; gate = gate->parent)
		if (gate->closed)
			return true;
	return false;
}

static bool has_room(const struct gate *gate, size_t bytes)
{
	for (; gate; gate = gate->parent) {
		bool fits = gate->in_flight <= gate->maximum && bytes <= gate->maximum - gate->in_flight;
		if (!fits && gate->in_flight > 0)
			return false;
	}
	return true;
}

static void count_wait(struct gate *gate, int64_t since_ns)
{
	int64_t waited_ns = monotonic_ns() - since_ns;
	for (; gate; gate = gate->parent)
		gate->waited_ns += waited_ns;
}

bool gate_pass(struct gate *gate, size_t bytes, int64_t deadline_boot_ms)
{
	pthread_mutex_lock(&gate->family->lock);
	bool in_time = true;
	while (!is_closed(gate) && !has_room(gate, bytes) && in_time) {
		int64_t since_ns = monotonic_ns();
		in_time = wait_for_change(gate, deadline_boot_ms);
		count_wait(gate, since_ns);
	}
	bool passes = !is_closed(gate) && has_room(gate, bytes);
	for (struct gate *it = gate; it && passes; it = it->parent)
		it->in_flight += bytes;
	pthread_mutex_unlock(&gate->family->lock);
	return passes;
}

void gate_release(struct gate *gate, size_t bytes)
{
	pthread_mutex_lock(&gate->family->lock);
	for (struct gate *it = gate; it; it = it->parent) {
		if (it->in_flight < bytes)
			abort();
		it->in_flight -= bytes;
	}
	pthread_cond_broadcast(&gate->family->changed);
	pthread_mutex_unlock(&gate->family->lock);
}

bool gate_drain(struct gate *gate, int64_t deadline_boot_ms)
{
	pthread_mutex_lock(&gate->family->lock);
	while (gate->in_flight > 0 && wait_for_change(gate, deadline_boot_ms))
		continue;
	bool drained = gate->in_flight == 0;
	pthread_mutex_unlock(&gate->family->lock);
	return drained;
}

void gate_close(struct gate *gate)
{
	pthread_mutex_lock(&gate->family->lock);
	gate->closed = true;
	pthread_cond_broadcast(&gate->family->changed);
	pthread_mutex_unlock(&gate->family->lock);
}

size_t gate_in_flight(struct gate *gate)
{
	pthread_mutex_lock(&gate->family->lock);
	size_t in_flight = gate->in_flight;
	pthread_mutex_unlock(&gate->family->lock);
	return in_flight;
}

int64_t gate_waited_ms(struct gate *gate)
{
	pthread_mutex_lock(&gate->family->lock);
	int64_t waited_ms = gate->waited_ns / NS_IN_MS;
	pthread_mutex_unlock(&gate->family->lock);
	return waited_ms;
}
