/* What a record of the inbox is to become: pure, from the record, the targets, the limits and the ledger's fold. */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdint.h>

#include "admission/limits.h"
#include "admission/targets.h"
#include "bus/bus_record.h"
#include "core/error.h"
#include "ledger/runs.h"
#include "record/request.h"
#include "record/run.h"

/* A request that was found in a partition that is not its target's carries this when it is published again. */
#define JUDGE_FORWARDED_HEADER "capbus-forwarded"

enum judge_answer {
	JUDGE_RUN,         /* exactly one record in runs: `run` */
	JUDGE_SEEN,        /* its capture is known already: nothing */
	JUDGE_FORWARD,     /* belongs in `partition`: publish `request` there, then its offset passes */
	JUDGE_DEAD_LETTER, /* cannot become a run: `error` says why */
	JUDGE_LATER,       /* cannot be judged now: `error` says why; ask again */
};

struct judge_case {
	const struct bus_record *record;
	const struct targets *targets;
	const struct limits *limits;
	struct runs *runs;      /* of the record's partition */
	int32_t partitions;     /* of requests */
};

struct judge_ruling {
	enum judge_answer answer;
	struct run run;         /* RUN; its writer is filled in by who proposes it */
	struct request request; /* FORWARD, with the id it has anywhere; also set where the record could be read */
	bool has_request;
	int32_t partition;      /* FORWARD */
	struct error error;     /* DEAD_LETTER, LATER */
};

/* May block as long as filter_check does. The result is large: not on a small stack. */
void judge_record(const struct judge_case *facts, struct judge_ruling *ret_ruling);

#endif
