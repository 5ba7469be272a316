/* What is known of some captures: a pure fold over events and results. One thread; knows no clock but what it is
 * told, in ms since the epoch. */
#ifndef VIEW_FOLD_H
#define VIEW_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "record/event.h"
#include "record/request.h"
#include "record/result.h"

/* How far a capture is, as a person sees it. */
enum fold_phase {
	FOLD_ASKED,      /* nothing was heard of it yet */
	FOLD_QUEUED,
	FOLD_STARTING,
	FOLD_CAPTURING,
	FOLD_RECLAIMING,
	FOLD_STORING,    /* it has ended, and its file is not where it belongs yet */
	FOLD_DONE,       /* there is a result, and nothing waits any more */
	FOLD_PHASE_COUNT
};
extern const char *const fold_phases[FOLD_PHASE_COUNT];

struct fold_capture {
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	enum fold_phase phase;
	bool has_request;
	struct request request;  /* as asked, or as judged where an event said so */
	bool has_event;
	struct event event;      /* the newest: it has the counters */
	int64_t armed_at_ms;     /* by events; RECORD_UNSET: not armed */
	bool has_result;
	struct result result;
	int64_t heard_at_ms;     /* when the newest record that counted was read, or it was asked */
};

enum {
	FOLD_NO_WORKER_MS = 60000,     /* beyond expires_at, that nobody took it */
	FOLD_SILENT_MS = 300000,       /* beyond its time, that nothing was heard of a capture that began or ended */
	FOLD_STORE_WAITS_MS = 30000,   /* that a store may take once the result is known */
	FOLD_NEVER_RUN_MS = 86400000,  /* older requests are never run */
};

struct fold;

struct fold *fold_new(void);
void fold_free(struct fold *fold);
MEMORY_DEFINE_FREEP(struct fold, fold_free)

/* Is told of each record that counts, once it is folded. The members may be NULL. */
struct fold_observer {
	void *context;
	void (*event)(void *context, const struct event *event);
	void (*result)(void *context, const struct result *result);
};
/* Copied. */
void fold_observe(struct fold *fold, const struct fold_observer *observer);

/* A capture that was just asked for. */
void fold_expect(struct fold *fold, const struct request *request, const char *capture_id, int64_t now_ms);

/* These say whether the record counted: its (version, number), or a result's version, is greater than what was
 * known of that capture, and the result had not ended it. A capture not known yet is taken in. */
bool fold_event(struct fold *fold, const struct event *event, int64_t now_ms);
bool fold_result(struct fold *fold, const struct result *result, int64_t now_ms);
/* Forgets it: its result was deleted, or it is not what is looked for. */
void fold_forget(struct fold *fold, const char *capture_id);

/* In the order in which they came to be known. Borrowed until the next change. */
size_t fold_count(const struct fold *fold);
const struct fold_capture *fold_at(const struct fold *fold, size_t index);
const struct fold_capture *fold_find(const struct fold *fold, const char *capture_id);

/* How it ended, OUTCOME_NONE while it has not or that is not known. */
enum outcome_state fold_outcome(const struct fold_capture *capture);

/* Nothing more is to come: it is done, or its stores have had the time to take the file. */
bool fold_is_over(const struct fold_capture *capture, int64_t now_ms);
/* When somebody who waits for it should stop: what became of it is not known then. */
int64_t fold_give_up_at_ms(const struct fold_capture *capture);
/* All captures are over, or given up. */
bool fold_is_finished(const struct fold *fold, int64_t now_ms);

/* The exit code for all of it, an enum cli_exit: those that are not over count as not known. */
int fold_exit(const struct fold *fold, int64_t now_ms, bool empty_fails);

#endif
