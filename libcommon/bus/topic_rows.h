/* The topics of an installation as a table: what capbus topics creates, and what it compares with. Pure.
 * schemas/README.md says what they carry. */
#ifndef BUS_TOPIC_ROWS_H
#define BUS_TOPIC_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topic_row {
	const char *name;
	bool is_wide;               /* has topics_options.partitions; else one */
	const char *same_as;        /* must have as many partitions as that topic; NULL is any */
	bool is_compacted;          /* else records are deleted after retention_ms */
	bool is_broker_timed;       /* message.timestamp.type=LogAppendTime */
	bool is_bounded;            /* has a retention.bytes: a broker whose disk is full exits */
	int64_t retention_ms;       /* -1 with is_compacted */
	int64_t segment_ms;         /* 0: the broker's; small where retention is, because whole segments go */
	int64_t segment_bytes;      /* 0: the broker's */
	int64_t min_compaction_lag_ms; /* 0: none */
};

#define TOPIC_ROWS 10
extern const struct topic_row topic_rows[TOPIC_ROWS];

/* NULL for a topic that is not ours. */
const struct topic_row *topic_rows_find(const char *name);

/* Which actual value of a setting is a fault. */
enum topic_weight {
	TOPIC_FREE,       /* none: the operator's choice once the topic exists */
	TOPIC_MUST_EQUAL, /* any other breaks a promise */
	TOPIC_AT_LEAST,   /* a smaller one breaks a promise */
	TOPIC_SHOULD,     /* any other works, but keeps more or less */
};

struct topic_setting {
	const char *name; /* Kafka's, of a topic */
	char value[24];
	bool is_ours;     /* set at creation; else the broker's default, and only looked at */
	enum topic_weight weight;
};

#define TOPIC_SETTINGS_MAX 8

/* `bounded_bytes` is the retention.bytes of those that are bounded. Returns how many there are. */
size_t topic_rows_settings(const struct topic_row *row, int64_t bounded_bytes,
			   struct topic_setting to[static TOPIC_SETTINGS_MAX]);

enum topic_judgement { TOPIC_RIGHT, TOPIC_WRONG, TOPIC_OTHER };

/* What the actual value of a setting means. */
enum topic_judgement topic_rows_judge(const struct topic_setting *setting, const char *actual);

#endif
