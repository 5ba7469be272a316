/* What the topic targets holds: what can be captured on. */
#ifndef TALK_TARGET_LIST_H
#define TALK_TARGET_LIST_H

#include "admission/targets.h"
#include "cli.h"
#include "core/error.h"

/* Reads the whole topic, so it waits for Kafka. NULL with an error; STOPPED where cli->signals_fd brought a
 * signal. The result is the caller's (targets_free). */
struct targets *target_list_read(const struct cli *cli, struct error *error);

#endif
