/* The partitions of events as offsets: which are this process', how far each was handed out, and what holds an offset
 * back. Dead letters are sent here, because one that is under way is such a hold. The loop's thread. */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "view.h"

struct consumer;
struct lanes;
struct producer;

/* NULL with errno as mailbox_new. The producer outlives what is sent, not the lanes. */
struct lanes *lanes_new(int32_t count, struct producer *producer);
/* After the producer was freed: until then it may still say what became of a dead letter. NULL does nothing. */
void lanes_free(struct lanes *lanes);

/* Readable when lanes_turn has something to do. */
int lanes_fd(const struct lanes *lanes);

/* These take any number: of a partition that was added since the start, nothing is known or done. */
bool lanes_have(const struct lanes *lanes, int32_t partition);
void lanes_set_owned(struct lanes *lanes, int32_t partition, bool owned);
bool lanes_own(const struct lanes *lanes, int32_t partition);

/* The group's consumer handed it out. */
void lanes_taken(struct lanes *lanes, const struct bus_record *record);

/* It cannot be read: to dead-letters with it, with `why`. Errors as producer_send. */
int lanes_bury(struct lanes *lanes, const struct bus_record *record, const struct error *why, struct error *error);
size_t lanes_burying(const struct lanes *lanes);

/* Takes what became of the dead letters. 1: some arrived, and offsets may pass. 0: nothing new. -1: one did not
 * arrive; the process should end, and reads the record again when it is back. */
int lanes_turn(struct lanes *lanes, struct error *error);

/* The group handed out `event`: until it is told a restart is to read it again, and one that says that its capture
 * ended until the result is told. */
void lanes_keep(struct view_request *request, struct view_capture *capture, const struct event *event, int64_t offset);

/* The offsets pass: begin, then hold what each request still needs, then store. */
void lanes_begin(struct lanes *lanes);
void lanes_hold(struct lanes *lanes, struct view_request *request);
void lanes_store(struct lanes *lanes, struct consumer *consumer);

#endif
