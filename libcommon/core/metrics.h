/* Counters and gauges that /metrics shows. A metric is a static variable of the file that counts; it registers
 * itself at its first use of metrics_register, in that file's start-up. Counting is atomic; any thread. */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
	const char *name;   /* capbus_…, base units, counters end in _total */
	const char *labels; /* "state=\"complete\"" from a fixed set, or NULL; never a target, user or filter */
	const char *help;
	enum metric_type type;
	_Atomic int64_t value;
	struct metric *next; /* the registry's */
};

/* Once for each metric; a second call does nothing. Metrics of one name are shown together. */
void metrics_register(struct metric *metric);
void metrics_add(struct metric *metric, int64_t by);
void metrics_set(struct metric *metric, int64_t to);
/* Prometheus' text format. */
void metrics_write(FILE *to);

#endif
