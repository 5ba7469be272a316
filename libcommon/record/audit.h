/* AuditRecord: who asked, was refused, stopped or deleted something. Topic audit, key = request_id, kept a year;
 * nobody acts on it. */
#ifndef RECORD_AUDIT_H
#define RECORD_AUDIT_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"

enum { AUDIT_TARGETS_MAX = 40 };

enum audit_action {
	AUDIT_ASKED,     /* for a capture, on `targets` */
	AUDIT_REFUSED,   /* reason and detail say why; nothing was asked */
	AUDIT_STOPPED,
	AUDIT_CANCELLED,
	AUDIT_FETCHED,   /* the packets were read again from Kafka */
	AUDIT_PINNED,
	AUDIT_UNPINNED,
	AUDIT_CLEANED,   /* a cleanup was asked for; detail says which */
	AUDIT_DELETED,   /* a capture was deleted from `store` */
	AUDIT_ACTION_COUNT
};
extern const char *const names_audit_action[AUDIT_ACTION_COUNT];

struct audit {
	char request_id[RECORD_ID_SIZE];  /* or the cleanup's id */
	char capture_id[RECORD_ID_SIZE];  /* "" where it is about the whole request */
	enum audit_action action;
	int64_t at_ms;                    /* the writer's clock */
	char by[RECORD_WHO_SIZE];         /* who, as the producer calls him */
	char via[RECORD_WORD_SIZE];       /* slack, capbus, kafka */
	bool verified;                    /* the gateway saw him; else it is only what the record said */
	char writer[RECORD_NAME_SIZE];    /* the stage that wrote this */
	struct {
		size_t count;
		char items[AUDIT_TARGETS_MAX][RECORD_TARGET_SIZE];
	} targets;
	char filter[RECORD_FILTER_SIZE];
	char store[RECORD_WORD_SIZE];
	char reason[RECORD_WORD_SIZE];    /* an error word's name, or "" */
	char detail[RECORD_DETAIL_SIZE];
};

extern const struct record_type audit_record;

#endif
