/* Writes the process' records to threads, and hears which of them will not come: what does come is read there. */
#ifndef PROPOSALS_H
#define PROPOSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "record/thread.h"

struct producer;
struct proposals;

/* NULL with errno as mailbox_new. The producer outlives what is sent, not the proposals. */
struct proposals *proposals_new(struct producer *producer);
/* After the producer was freed: until then it may still say what became of one. NULL does nothing. */
void proposals_free(struct proposals *proposals);

/* Errors as producer_send. */
int proposals_send(struct proposals *proposals, const struct thread *record, struct error *error);

/* Readable when proposals_take has something. */
int proposals_fd(const struct proposals *proposals);
/* The nonce of one that Kafka refused or did not confirm in time; false: none. It may still come. */
bool proposals_take(struct proposals *proposals, int64_t *ret_nonce);

#endif
