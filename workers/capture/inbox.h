/* The inbox: requests in the order in which they were asked, each turned into exactly one record in runs (or a record
 * in the right partition, or a dead letter), its offset passing only when that is durable.
 *
 * One request of a partition is under way at a time, so each is judged by a fold that holds all before it. What is
 * refused for what it is (too large, not to be encoded) becomes a dead letter, so that no record stops a partition. The
 * loop's thread; never waits but for the filter's compiler. */
#ifndef INBOX_H
#define INBOX_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admission/limits.h"
#include "admission/targets.h"
#include "core/error.h"
#include "core/memory.h"
#include "ledger/ledger.h"

struct client;
struct inbox;
struct producer;

struct inbox_parts {
	struct client *client; /* all of these outlive the inbox */
	struct producer *producer;
	struct ledger *ledger;
	const struct targets *targets;
	const struct limits *limits;
	void *context;
	/* A partition became this worker's: what is unfinished there is to be told again. */
	void (*owned)(void *context, int32_t partition);
	/* A readable request could not become a run. */
	void (*refused)(void *context, const struct request *request, const struct error *error);
};

/* AWAY, system_failed, where there is no file descriptor for it. Joins no group yet. */
struct inbox *inbox_open(const struct inbox_parts *parts, struct error *error);
/* Leaves the group first, where inbox_leave was not called. The producer must have been flushed or be gone. */
void inbox_close(struct inbox *inbox);
MEMORY_DEFINE_FREEP(struct inbox, inbox_close)

size_t inbox_fds(const struct inbox *inbox, int to[static 2]);

/* Takes what waits and sends on what can be. Not before the ledger is restored and the targets are known: the first
 * call joins the group, so that until then the partitions stay with who can judge. -1 as consumer_new_group and
 * consumer_take. */
int inbox_turn(struct inbox *inbox, struct error *error);

/* What the ledger said of one of this process' records, and what it will not say. */
void inbox_heard(struct inbox *inbox, const struct ledger_news *news);
void inbox_given_up(struct inbox *inbox, int32_t partition, int64_t nonce);

bool inbox_owns(const struct inbox *inbox, int32_t partition);
/* The partitions were shared out among the workers; this one's share may be none. */
bool inbox_is_shared_out(const struct inbox *inbox);

/* Takes no more requests and leaves the group; nothing is owned from then on. */
void inbox_leave(struct inbox *inbox);

#endif
