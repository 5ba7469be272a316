/* CaptureTarget: what can be captured on. Topic targets, key = target, compacted; written by the capture stage from
 * its inventory, read by everybody who judges a request. Never credentials. */
#ifndef RECORD_TARGET_H
#define RECORD_TARGET_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"

struct target {
	char target[RECORD_TARGET_SIZE];
	char kind[RECORD_WORD_SIZE];        /* slx, ssh, local */
	char worker[RECORD_NAME_SIZE];      /* the only one that may capture there; "" is any that serves the kind */
	char published_by[RECORD_NAME_SIZE];
	char address[129];                  /* host or host:port; "" for local */
	char interface[RECORD_NAME_SIZE];
	struct {
		size_t count;
		char items[RECORD_GROUPS_MAX][RECORD_NAME_SIZE];
	} groups;
	struct record_ports ports;          /* the default ports of a switch */
	int64_t link_type;                  /* LINKTYPE_…; UNSET: not known yet, Ethernet is assumed */
	int64_t parallel;
	char disabled[RECORD_DETAIL_SIZE];  /* why it is closed; "" is open */
	int64_t checked_at_ms;              /* the last check; UNSET: none */
	bool check_ok;
	char check_detail[RECORD_DETAIL_SIZE];
};

extern const struct record_type target_record;

#endif
