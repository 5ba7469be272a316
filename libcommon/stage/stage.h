/* Start-up, the loop and shut-down that every stage shares, so that a stage's main.c names its parts and no more.
 *
 * stage_main does, in this order: command line, configuration, log, signals, confinement (both before any library
 * starts a thread, because rights are a thread's), Kafka's client, the stage's `open`, the status port, then the loop:
 * one poll(2) over the signals and what the stage waits for. On SIGTERM or SIGINT `drain` is asked until it is done or
 * the grace is over, then `close`. A second signal ends the process at once, as a crash would: the ledgers make that
 * safe. All of it runs in the main thread. */
#ifndef STAGE_STAGE_H
#define STAGE_STAGE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "core/error.h"

struct client;
struct health;

/* What a stage finds ready in open; all of it lives longer than the stage. */
struct stage {
	enum config_program program;
	struct config *config;
	struct client *client;
	struct health *health;    /* declare with health_need in open */
	char incarnation[33];     /* new at each start of a process: what a ledger knows a writer by */
};

enum { STAGE_FDS_MAX = 32, STAGE_WRITABLE_MAX = 4 };

struct stage_program {
	enum config_program program;

	/* The folders that the stage writes to, made if they are not there: at most STAGE_WRITABLE_MAX texts that live
	 * as long as the configuration. NULL: none. */
	int (*writable)(const struct config *config, const char **ret_paths, struct error *error);
	bool keep_net_raw;            /* cap_net_raw stays permitted (core/confine.h) */

	/* Makes the stage's own state. NULL ends the process: with 2 where the error is BROKEN, else with 1. With
	 * `--check` this is all that runs, and then close. */
	void *(*open)(struct stage *stage, struct error *error);

	/* Names what to wait for: fills fds (at most STAGE_FDS_MAX), returns how many. *ret_deadline_boot_ms is a
	 * second from now and may be set earlier. */
	size_t (*wait)(void *self, struct pollfd *fds, int64_t *ret_deadline_boot_ms);

	/* Does everything that can be done without waiting. -1 ends the process as open does. */
	int (*turn)(void *self, struct error *error);

	/* SIGTERM came: take no new work, and end what runs until `grace_ends_boot_ms`. True once nothing is left to
	 * wait for. Asked before each turn from then on. */
	bool (*drain)(void *self, int64_t grace_ends_boot_ms);
	int64_t (*grace_s)(const struct config *config); /* NULL: 10 */

	/* Leaves the groups and frees everything. */
	void (*close)(void *self);
};

/* The whole life of a stage's process; returns its exit code. */
int stage_main(const struct stage_program *program, int argc, char **argv);

/* For turn: what consumer_take answered and, with -1, said. A consumer goes on by itself, so that is logged and is 0;
 * only where our own set-up is wrong (BROKEN) it is -1 with the same error, and ends the process. */
int stage_judge_bus(int answer, const struct error *said, struct error *error);

#endif
