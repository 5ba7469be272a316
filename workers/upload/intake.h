/* Gives each record of chunks to the gathering of its capture, and keeps all gatherings. What cannot be handled goes
 * to the dead letters; what comes after its capture was finished is late; what was read before is passed over.
 *
 * The spool has a bound, and never stops the reading: what does not fit, the largest open capture first, loses its
 * file and is read again (reread.h), one after the other, when it ended and there is room for it. What ended goes
 * before what is open; one file may always be there, however large. Main thread. */
#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "gathering.h"
#include "late.h"
#include "offsets.h"
#include "rejects.h"
#include "reread.h"

struct intake;

/* All of it outlives the intake. */
struct intake_parts {
	struct gathering_parts gathering;
	struct offsets *offsets;
	struct rejects *rejects;
	struct late *late;
	struct reread *reread;
	int64_t spool_bytes_max;
};

struct intake *intake_new(const struct intake_parts *parts);
void intake_free(struct intake *intake);
MEMORY_DEFINE_FREEP(struct intake, intake_free)

/* The next record of its partition; afterwards its offset is read, and held for as long as it is needed. */
void intake_take(struct intake *intake, const struct bus_record *record, int64_t now_boot_ms);

/* Closes captures that were not heard of for too long (silence.h). */
void intake_close_silent(struct intake *intake, int64_t now_boot_ms);
/* Nobody could be heard just now. */
void intake_excuse(struct intake *intake, int64_t now_boot_ms);

/* False where the job is of none of them. */
bool intake_answered(struct intake *intake, uint64_t number, const struct store_answer *answer,
		     int64_t now_boot_ms);

/* Reads again what had no room, at most `maximum` records. True where more waits. */
bool intake_read_again(struct intake *intake, size_t maximum, int64_t now_boot_ms);

/* Lets every gathering do what can be done now; those that are done are gone. */
void intake_go_on(struct intake *intake, int64_t now_boot_ms);

/* The partition is another's now, who reads again from the oldest chunk that is needed. */
void intake_forget(struct intake *intake, int32_t partition);

/* How many have something under way that will be over soon. */
size_t intake_busy(const struct intake *intake);
/* Why a store does not take a file; NULL where none is kept waiting. */
const char *intake_trouble(const struct intake *intake);
/* Why the spool cannot be written; NULL where it can. */
const char *intake_spool_trouble(const struct intake *intake);

#endif
