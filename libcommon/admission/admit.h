/* May this be asked? One answer for three callers: the command line, the gateway, the capture worker.
 * In the thread of the targets. */
#ifndef ADMISSION_ADMIT_H
#define ADMISSION_ADMIT_H

#include <stddef.h>

#include "admission/command.h"
#include "admission/limits.h"
#include "admission/targets.h"
#include "core/error.h"
#include "record/request.h"

/* Judges one request, and fills in its defaults (limits_apply; direction both). A capture: the target is known and
 * open, ports are texts that could be ports and the target has any, the filter compiles for the target's link type,
 * limits hold. A stop, cancel or check: the target is known (it may be closed), stop and cancel name a capture.
 * INPUT with target_unknown, target_disabled, filter_invalid, limit_exceeded or argument_invalid, and a sentence for
 * the requester; AWAY filter_busy: ask again (filter.h, which also says how long this blocks). `request` is untouched
 * on failure. */
int admit_request(const struct targets *targets, const struct limits *limits, struct request *request,
		  struct error *error);

/* The targets that a command names: groups become their members, each target once (its own ports, where several name
 * it, all of them), in the order named. `ret_list` is the caller's (free), of `ret_count` (at least one) whose names
 * are targets. INPUT target_unknown with the nearest; limit_exceeded above targets_max. */
int admit_targets(const struct targets *targets, const struct limits *limits, const struct command *command,
		  struct command_target **ret_list, size_t *ret_count, struct error *error);

#endif
