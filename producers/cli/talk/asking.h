/* Asks for captures: judges the whole command first, then one record per target. One thread. */
#ifndef TALK_ASKING_H
#define TALK_ASKING_H

#include <stddef.h>

#include "admission/command.h"
#include "admission/limits.h"
#include "admission/targets.h"
#include "bus/producer.h"
#include "cli.h"
#include "core/memory.h"

enum asking_sent {
	ASKING_NOT_SENT,  /* for certain in no log */
	ASKING_QUEUED,    /* all in-sync brokers have it */
	ASKING_UNKNOWN,   /* not confirmed: it may be there */
};

struct asking_target {
	struct request asked;  /* what is sent: what was not said is left to the worker's limits */
	struct request judged; /* with the limits as configured here: what people are shown meanwhile */
	char capture_id[RECORD_ID_SIZE];
	enum asking_sent sent;
	struct error error;    /* unless it is queued */
};

struct asking {
	char request_id[RECORD_ID_SIZE];
	char shown_id[RECORD_ID_SIZE]; /* its beginning, for people */
	size_t count;
	struct asking_target *targets;
};

void asking_free(struct asking *asking);
MEMORY_DEFINE_FREEP(struct asking, asking_free)

/* Judges a COMMAND_MULTICAPTURE for all its targets. CLI_OK with *ret_asking, which is the caller's; otherwise an
 * exit code and every refusal is said: nothing may be asked then. */
int asking_judge(const struct cli *cli, const struct targets *known, struct command *command,
		 struct asking **ret_asking);

/* Sends all and waits for the brokers, at most 30 s, and less where a signal comes; sets `sent` of each target.
 * Says on cli->err when it takes long. */
void asking_send(const struct cli *cli, struct asking *asking, struct producer *producer);

#endif
