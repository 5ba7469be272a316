/* A mailbox with jobs, a thread that works them off, a mailbox with answers. */
#include "storer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/mailbox.h"
#include "core/memory.h"

struct storer {
	struct stores *stores;
	struct mailbox *jobs;    /* struct store_file; sender is the number, kind the store */
	struct mailbox *answers; /* struct storer_answer */
	atomic_bool stops;
	pthread_t thread;
};

static void free_job(void *payload)
{
	struct store_file *file = payload;
	memory_closep(&file->fd);
	free(file);
}

static void work(struct storer *storer, const struct mailbox_message *job)
{
	struct storer_answer *answer = memory_new(sizeof *answer);
	answer->number = job->sender;
	answer->store = (size_t)job->kind;
	answer->ok = stores_put(storer->stores, answer->store, job->payload, &answer->place, &answer->error) == 0;
	mailbox_post(storer->answers, job->sender, job->kind, answer);
	free_job(job->payload);
}

static void *run(void *context)
{
	struct storer *storer = context;
	struct pollfd fd = { .fd = mailbox_fd(storer->jobs), .events = POLLIN };
	struct mailbox_message job;
	for (;;) {
		poll(&fd, 1, -1);
		while (mailbox_take(storer->jobs, &job)) {
			if (!job.payload)
				return NULL;
			if (atomic_load(&storer->stops))
				free_job(job.payload);
			else
				work(storer, &job);
		}
	}
}

struct storer *storer_start(struct stores *stores, struct error *error)
{
	struct storer *storer = memory_new(sizeof *storer);
	storer->stores = stores;
	storer->jobs = mailbox_new(free_job);
	storer->answers = storer->jobs ? mailbox_new(free) : NULL;
	int failed = storer->answers ? pthread_create(&storer->thread, NULL, run, storer) : errno;
	if (!failed)
		return storer;
	error_errno(error, WORD_system_failed, failed, "the thread that stores files cannot be started");
	if (storer->answers)
		mailbox_free(storer->answers);
	if (storer->jobs)
		mailbox_free(storer->jobs);
	free(storer);
	return NULL;
}

void storer_stop(struct storer *storer)
{
	if (!storer)
		return;
	atomic_store(&storer->stops, true);
	mailbox_post(storer->jobs, UINT64_MAX, 0, NULL);
	pthread_join(storer->thread, NULL);
	mailbox_free(storer->jobs);
	mailbox_free(storer->answers);
	free(storer);
}

void storer_put(struct storer *storer, uint64_t number, size_t store, const struct store_file *file)
{
	mailbox_post(storer->jobs, number, (int)store, memory_copy(file, sizeof *file));
}

int storer_fd(const struct storer *storer)
{
	return mailbox_fd(storer->answers);
}

bool storer_take(struct storer *storer, struct storer_answer *ret_answer)
{
	struct mailbox_message message;
	if (!mailbox_take(storer->answers, &message))
		return false;
	*ret_answer = *(const struct storer_answer *)message.payload;
	free(message.payload);
	return true;
}
