/* The words of the closed sets, in the order of their enums. A word is part of the contract (schemas/): it is added,
 * never changed, and a new one goes last. */
#include "record/names.h"

#include "record/audit.h"
#include "record/cleanup.h"
#include "record/event.h"
#include "record/run.h"
#include "record/thread.h"

const char *const names_ask[ASK_COUNT] = { "capture", "stop", "cancel", "check" };
const char *const names_direction[DIRECTION_COUNT] = { "", "both", "rx", "tx" };
const char *const names_if_busy[IF_BUSY_COUNT] = { "queue", "reject", "replace" };
const char *const names_run_state[RUN_STATE_COUNT] = { "queued", "starting", "capturing", "reclaiming", "ended" };
const char *const names_outcome[OUTCOME_COUNT] = { "",	       "complete", "partial",  "empty",	  "blind",
						   "cancelled", "failed",   "rejected", "expired", "lost" };
const char *const names_stopped_by[STOPPED_BY_COUNT_] = { "",	    "count",   "timeout",  "bytes",  "stop",
							  "cancel", "replace", "shutdown", "failure" };
const char *const names_store_state[STORE_STATE_COUNT] = { "waiting",  "storing", "stored",
							   "deleting", "deleted", "failed" };
const char *const names_resolution[RESOLUTION_COUNT] = { "micro", "nano" };

const char *const names_run_change[CHANGE_COUNT] = { "queued",	  "rejected", "stop",  "cancel", "check",   "start",
						     "hand_back", "setup",    "armed", "renew",	 "reclaim", "end" };
const char *const names_event_kind[EVENT_COUNT] = { "queued",	  "starting", "capturing", "progress",
						    "reclaiming", "ended",    "refused",   "checked" };
const char *const names_cleanup_ask[CLEANUP_ASK_COUNT] = { "clean", "pin", "unpin", "store", "merge" };
const char *const names_audit_action[AUDIT_ACTION_COUNT] = { "asked",  "refused",  "stopped", "cancelled", "fetched",
							     "pinned", "unpinned", "cleaned", "deleted" };
const char *const names_thread_change[THREAD_CHANGE_COUNT] = { "opened", "claimed", "posted", "said", "done" };
