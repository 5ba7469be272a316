/* Asks the cluster and waits for the answer. Its one idea: one loop asks again until the answer is final or the time
 * is over, and between two tries it waits in rd_kafka_poll, which also brings what went wrong below. */
#include "bus/query.h"

#include <librdkafka/rdkafka.h>

#include "core/clock.h"
#include "core/text.h"

enum { TRY_MS = 5000, PAUSE_MS = 100 };

struct question {
	/* One try; librdkafka's code. */
	rd_kafka_resp_err_t (*ask)(rd_kafka_t *rk, struct question *question, int timeout_ms);
	const char *topic;
	int32_t partition;
	int64_t time_ms;
	int32_t partitions; /* the answers */
	int64_t low;
	int64_t high;
	int64_t offset;
};

/* A topic that was made a moment ago may have no leader yet. */
static bool is_final(rd_kafka_resp_err_t code)
{
	struct error error;
	handle_error(&error, code, true, "");
	return error.kind != ERROR_AWAY;
}

static int ask(struct handle *handle, struct question *question, int64_t deadline_boot_ms, struct error *error)
{
	rd_kafka_t *rk = handle_rk(handle);
	char what[CLIENT_TOPIC_SIZE + 8] = "Kafka";
	if (question->topic)
		TEXT_FORMAT(what, "topic %s", question->topic);
	for (;;) {
		rd_kafka_resp_err_t code = question->ask(rk, question, clock_poll_ms(deadline_boot_ms, TRY_MS));
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
			handle_heard(handle);
			return 0;
		}
		bool is_over = clock_boot_ms() >= deadline_boot_ms;
		rd_kafka_poll(rk, is_over || is_final(code) ? 0 : clock_poll_ms(deadline_boot_ms, PAUSE_MS));
		if (handle_refused(handle, error))
			return -1;
		if (is_final(code) || is_over)
			return handle_error(error, code, true, what);
	}
}

static rd_kafka_resp_err_t ask_broker(rd_kafka_t *rk, struct question *question, int timeout_ms)
{
	(void)question;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, NULL, &metadata, timeout_ms);
	if (!code)
		rd_kafka_metadata_destroy(metadata);
	return code;
}

int query_broker(struct handle *handle, int64_t deadline_boot_ms, struct error *error)
{
	struct question question = { .ask = ask_broker };
	return ask(handle, &question, deadline_boot_ms, error);
}

static rd_kafka_resp_err_t ask_partitions(rd_kafka_t *rk, struct question *question, int timeout_ms)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, question->topic, NULL);
	if (!topic)
		return rd_kafka_last_error();
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, timeout_ms);
	rd_kafka_topic_destroy(topic);
	if (code)
		return code;
	if (metadata->topic_cnt != 1)
		code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	else
		code = metadata->topics[0].err;
	if (!code && metadata->topics[0].partition_cnt == 0)
		code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
	if (!code)
		question->partitions = metadata->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(metadata);
	return code;
}

int query_partitions(struct handle *handle, const char *topic, int64_t deadline_boot_ms, int32_t *ret_partitions,
		     struct error *error)
{
	struct question question = { .ask = ask_partitions, .topic = topic };
	if (ask(handle, &question, deadline_boot_ms, error) < 0)
		return -1;
	*ret_partitions = question.partitions;
	return 0;
}

static rd_kafka_resp_err_t ask_watermarks(rd_kafka_t *rk, struct question *question, int timeout_ms)
{
	return rd_kafka_query_watermark_offsets(rk, question->topic, question->partition, &question->low,
						&question->high, timeout_ms);
}

int query_watermarks(struct handle *handle, const char *topic, int32_t partition, int64_t deadline_boot_ms,
		     int64_t *ret_low, int64_t *ret_high, struct error *error)
{
	struct question question = { .ask = ask_watermarks, .topic = topic, .partition = partition };
	if (ask(handle, &question, deadline_boot_ms, error) < 0)
		return -1;
	*ret_low = question.low;
	*ret_high = question.high;
	return 0;
}

static rd_kafka_resp_err_t ask_time(rd_kafka_t *rk, struct question *question, int timeout_ms)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, question->topic, question->partition)->offset = question->time_ms;
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, timeout_ms);
	if (!code)
		code = list->elems[0].err;
	if (!code)
		question->offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return code;
}

int query_offset_for_time(struct handle *handle, const char *topic, int32_t partition, int64_t time_ms,
			  int64_t deadline_boot_ms, int64_t *ret_offset, struct error *error)
{
	/* The end first: a record that is written between the two questions is then not jumped over. */
	int64_t low, high;
	if (query_watermarks(handle, topic, partition, deadline_boot_ms, &low, &high, error) < 0)
		return -1;
	struct question question = { .ask = ask_time, .topic = topic, .partition = partition, .time_ms = time_ms };
	if (ask(handle, &question, deadline_boot_ms, error) < 0)
		return -1;
	*ret_offset = question.offset >= 0 ? question.offset : high; /* RD_KAFKA_OFFSET_END is negative */
	return 0;
}
