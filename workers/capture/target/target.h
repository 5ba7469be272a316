/* Where a capture's packets come from, whatever kind of target it is. A kind is a file beside this one (local.c)
 * and one row of the table in target.c.
 *
 * One source is one capture, used by one thread: open, then wait and next in turns, count, close. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "inventory.h"
#include "packets/packet.h"
#include "record/names.h"
#include "record/request.h"

struct target_source;

/* Known once the source is open. */
struct target_facts {
	int64_t link_type;               /* LINKTYPE_… as in a file */
	enum resolution resolution;      /* of the packets' times */
	int64_t snaplen;
	char interface[RECORD_NAME_SIZE];
	int64_t armed_at_ns;             /* by the clock of the machine that captures, a whole unit of `resolution`:
	                                    from here on nothing that matches is missed but what is counted */
};

/* Since armed; RECORD_UNSET is not known. */
struct target_counts {
	int64_t received_kernel; /* passed the filter, with those that were dropped */
	int64_t dropped_kernel;  /* had no room in the kernel's buffer, or were dropped by the interface */
	int64_t seen_total;      /* packets of any kind that the interface's own counters counted, in and out: on
	                            loopback, where each goes out and comes in, twice as many as there were */
};

/* True where this program can capture on that kind. */
bool target_serves(const char *kind);

/* Whether a capture could begin there now, by opening and closing one in a thread of its own, for which it waits:
 * for --check, `check` requests, and what target.link_type publishes. Fails as target_open does. */
int target_check(const struct inventory_target *target, int64_t *ret_link_type, struct error *error);

/* Starts to capture `request` (judged: snaplen, direction and chunk_ms are set) on `target`; both need not live on.
 * Blocks until armed. The thread may open nothing after that: it has given up its right to (core/confine.h).
 * AWAY interface_missing, interface_down; BROKEN no_permission, system_failed; INPUT filter_invalid,
 * argument_invalid (a direction that cannot be told there). */
struct target_source *target_open(const struct inventory_target *target, const struct request *request,
				  struct target_facts *ret_facts, struct error *error);
void target_close(struct target_source *source);

/* The one place where a capture sleeps: until packets can be taken, `wake_fd` is readable, or the deadline
 * (clock_boot_ms). May return early. */
void target_wait(struct target_source *source, int wake_fd, int64_t deadline_boot_ms);

/* 1 and the next packet, whose data is borrowed until the next call; 0 where none waits; -1 when the capture cannot
 * go on (AWAY interface_gone; BROKEN system_failed; an interface that is down may come up again). Never blocks.
 * Packets from before armed_at_ns are left out. */
int target_next(struct target_source *source, struct packet *ret_packet, struct error *error);

/* A packet stamped now can be taken within this time at the latest: who drains waits that long. */
int64_t target_latency_ms(const struct target_source *source);

void target_count(struct target_source *source, struct target_counts *ret_counts);

/* A row of the table: what a kind's file offers; `state` is its own. The functions are those above. */
struct target_kind {
	const char *name;
	void *(*open)(const struct inventory_target *target, const struct request *request,
		      struct target_facts *ret_facts, struct error *error);
	void (*close)(void *state);
	void (*wait)(void *state, int wake_fd, int64_t deadline_boot_ms);
	int (*next)(void *state, struct packet *ret_packet, struct error *error);
	int64_t (*latency_ms)(const void *state);
	void (*count)(void *state, struct target_counts *ret_counts);
};

#endif
