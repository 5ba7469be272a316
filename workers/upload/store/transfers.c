/* A mailbox with commands, a thread that hands them to the stores' rows, a mailbox with answers. Of the same command
 * to the same job the newest replaces the older where it stood, so a slow store never makes the mailbox grow. */
#include "store/transfers.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uthash.h>

#include "core/mailbox.h"

/* In the order in which a job can get them. */
enum command { BEGIN, APPEND, FINISH, ABORT, REMOVE, WAKE };

/* What a command needs. */
struct order {
	size_t store;                 /* BEGIN, REMOVE */
	struct store_file file;       /* BEGIN */
	int64_t size_bytes;           /* APPEND */
	struct store_whole whole;     /* FINISH */
	struct store_removal removal; /* REMOVE */
};

/* A transfer under way, known to the thread alone. */
struct transfer {
	UT_hash_handle hh;
	uint64_t number;
	size_t store;
	void *self; /* the row's */
};

struct transfers {
	struct stores *stores;
	struct mailbox *commands; /* sender: the job's number; kind: enum command; struct order */
	struct mailbox *answers;  /* sender: the job's number; struct store_answer */
	uint64_t numbers;         /* the main thread's */
	struct transfer *all;     /* the thread's */
	atomic_bool stops;
	pthread_t thread;
};

static void free_order(void *payload)
{
	struct order *order = payload;
	if (!order)
		return;
	memory_closep(&order->file.fd);
	free(order);
}

/* ---- the thread ---- */

static struct transfer *find(const struct transfers *transfers, uint64_t number)
{
	struct transfer *transfer;
	HASH_FIND(hh, transfers->all, &number, sizeof number, transfer);
	return transfer;
}

static void forget(struct transfers *transfers, struct transfer *transfer)
{
	HASH_DEL(transfers->all, transfer);
	free(transfer);
}

static void told(void *context, uint64_t number, const struct store_answer *answer)
{
	struct transfers *transfers = context;
	struct transfer *transfer = find(transfers, number);
	if (transfer)
		forget(transfers, transfer);
	mailbox_post(transfers->answers, number, 0, memory_copy(answer, sizeof *answer));
}

static void begin(struct transfers *transfers, uint64_t number, struct order *order)
{
	const struct store_job job = { number, told, transfers };
	struct transfer *transfer = memory_new(sizeof *transfer);
	transfer->number = number;
	transfer->store = order->store;
	HASH_ADD(hh, transfers->all, number, sizeof transfer->number, transfer);
	void *self = stores_begin(transfers->stores, order->store, &job, &order->file);
	order->file.fd = -1; /* now the store's */
	if (self)
		transfer->self = self; /* else it was told, and is gone */
}

static void abort_transfer(struct transfers *transfers, struct transfer *transfer)
{
	stores_abort(transfers->stores, transfer->store, transfer->self);
	forget(transfers, transfer);
}

static void obey(struct transfers *transfers, uint64_t number, enum command command, struct order *order)
{
	const struct store_job job = { number, told, transfers };
	struct transfer *transfer = find(transfers, number);
	if (command == BEGIN)
		begin(transfers, number, order);
	else if (command == REMOVE)
		stores_remove(transfers->stores, order->store, &job, &order->removal);
	else if (transfer && command == APPEND)
		stores_append(transfers->stores, transfer->store, transfer->self, order->size_bytes);
	else if (transfer && command == FINISH)
		stores_finish(transfers->stores, transfer->store, transfer->self, &order->whole);
	else if (transfer && command == ABORT)
		abort_transfer(transfers, transfer);
}

static void abort_all(struct transfers *transfers)
{
	struct transfer *transfer, *next;
	HASH_ITER(hh, transfers->all, transfer, next)
		abort_transfer(transfers, transfer);
}

/* The only place where it waits; a store that talks to a network waits here too. */
static void *run(void *context)
{
	struct transfers *transfers = context;
	struct pollfd fd = { .fd = mailbox_fd(transfers->commands), .events = POLLIN };
	struct mailbox_message message;
	while (!atomic_load(&transfers->stops)) {
		poll(&fd, 1, -1);
		while (mailbox_take(transfers->commands, &message)) {
			if (!atomic_load(&transfers->stops))
				obey(transfers, message.sender, (enum command)message.kind, message.payload);
			free_order(message.payload);
		}
	}
	abort_all(transfers);
	return NULL;
}

/* ---- the main thread ---- */

struct transfers *transfers_start(struct stores *stores, struct error *error)
{
	struct transfers *transfers = memory_new(sizeof *transfers);
	transfers->stores = stores;
	transfers->commands = mailbox_new(free_order);
	transfers->answers = transfers->commands ? mailbox_new(free) : NULL;
	int failed = transfers->answers ? pthread_create(&transfers->thread, NULL, run, transfers) : errno;
	if (!failed)
		return transfers;
	error_errno(error, WORD_system_failed, failed, "the thread that stores files cannot be started");
	if (transfers->answers)
		mailbox_free(transfers->answers);
	if (transfers->commands)
		mailbox_free(transfers->commands);
	free(transfers);
	return NULL;
}

void transfers_stop(struct transfers *transfers)
{
	if (!transfers)
		return;
	atomic_store(&transfers->stops, true);
	mailbox_post(transfers->commands, 0, WAKE, NULL);
	pthread_join(transfers->thread, NULL);
	mailbox_free(transfers->commands);
	mailbox_free(transfers->answers);
	free(transfers);
}

static void post(struct transfers *transfers, uint64_t number, enum command command, const struct order *order)
{
	mailbox_post(transfers->commands, number, command, memory_copy(order, sizeof *order));
}

uint64_t transfers_begin(struct transfers *transfers, size_t store, const struct store_file *file)
{
	post(transfers, ++transfers->numbers, BEGIN, &(struct order){ .store = store, .file = *file });
	return transfers->numbers;
}

void transfers_append(struct transfers *transfers, uint64_t number, int64_t size_bytes)
{
	post(transfers, number, APPEND, &(struct order){ .file.fd = -1, .size_bytes = size_bytes });
}

void transfers_finish(struct transfers *transfers, uint64_t number, const struct store_whole *whole)
{
	post(transfers, number, FINISH, &(struct order){ .file.fd = -1, .whole = *whole });
}

void transfers_abort(struct transfers *transfers, uint64_t number)
{
	mailbox_post(transfers->commands, number, ABORT, NULL);
}

uint64_t transfers_remove(struct transfers *transfers, size_t store, const struct store_removal *removal)
{
	post(transfers, ++transfers->numbers, REMOVE,
	     &(struct order){ .store = store, .file.fd = -1, .removal = *removal });
	return transfers->numbers;
}

int transfers_fd(const struct transfers *transfers)
{
	return mailbox_fd(transfers->answers);
}

bool transfers_take(struct transfers *transfers, uint64_t *ret_number, struct store_answer *ret_answer)
{
	struct mailbox_message message;
	if (!mailbox_take(transfers->answers, &message))
		return false;
	*ret_number = message.sender;
	*ret_answer = *(const struct store_answer *)message.payload;
	free(message.payload);
	return true;
}
