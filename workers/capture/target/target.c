/* The table of kinds, and the way from a target to its kind's functions. */
#include "target/target.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "target/local.h"

static const struct target_kind *const kinds[] = {
	&local_kind,
};

struct target_source {
	const struct target_kind *kind;
	void *state;
};

static const struct target_kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (text_equal(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

bool target_serves(const char *kind)
{
	return kind_of(kind) != NULL;
}

struct target_source *target_open(const struct inventory_target *target, const struct request *request,
				  struct target_facts *ret_facts, struct error *error)
{
	const struct target_kind *kind = kind_of(target->public.kind);
	if (!kind) {
		error_set(error, ERROR_BROKEN, WORD_no_worker, "this worker cannot capture on targets of kind %s",
			  target->public.kind);
		return NULL;
	}
	void *state = kind->open(target, request, ret_facts, error);
	if (!state)
		return NULL;
	struct target_source *source = memory_new(sizeof *source);
	source->kind = kind;
	source->state = state;
	return source;
}

void target_close(struct target_source *source)
{
	if (!source)
		return;
	source->kind->close(source->state);
	free(source);
}

void target_wait(struct target_source *source, int wake_fd, int64_t deadline_boot_ms)
{
	source->kind->wait(source->state, wake_fd, deadline_boot_ms);
}

int target_next(struct target_source *source, struct packet *ret_packet, struct error *error)
{
	return source->kind->next(source->state, ret_packet, error);
}

int64_t target_latency_ms(const struct target_source *source)
{
	return source->kind->latency_ms(source->state);
}

void target_count(struct target_source *source, struct target_counts *ret_counts)
{
	source->kind->count(source->state, ret_counts);
}

/* ---- check ---- */

struct check {
	const struct inventory_target *target;
	int64_t link_type;
	int result;
	struct error error;
};

static void *check_run(void *context)
{
	struct check *check = context;
	struct target_facts facts;
	struct request request;

	record_init(&request_record, &request);
	request.snaplen = PACKET_SNAPLEN_MAX;
	request.chunk_ms = 1000;
	request.direction = DIRECTION_BOTH;
	struct target_source *source = target_open(check->target, &request, &facts, &check->error);
	check->result = source ? 0 : -1;
	if (source)
		check->link_type = facts.link_type;
	target_close(source);
	return NULL;
}

int target_check(const struct inventory_target *target, int64_t *ret_link_type, struct error *error)
{
	struct check check = { .target = target };
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, check_run, &check);
	if (failed)
		return error_errno(error, WORD_worker_full, failed, "no thread to check %s", target->public.target);
	pthread_join(thread, NULL);
	if (check.result < 0) {
		if (error)
			*error = check.error;
		return -1;
	}
	*ret_link_type = check.link_type;
	return 0;
}
