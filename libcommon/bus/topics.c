/* Makes the topics that are missing and compares all with the table. Its one idea: first make, then look, so that
 * what was just made is judged by the same eyes as what was there. */
#include "bus/topics.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "bus/handle.h"
#include "bus/query.h"
#include "core/clock.h"
#include "core/text.h"

enum { WIDE_PARTITIONS = 12, ANSWER_MS = 30000, PAUSE_MS = 100 };

static const int64_t chunks_bytes_default = INT64_C(4000000000);

struct look {
	struct admin *admin;
	rd_kafka_t *rk;
	int64_t deadline_boot_ms;
	topics_report *report;
	void *context;
	size_t faults;
	bool is_created[TOPIC_ROWS];
	int32_t partitions[TOPIC_ROWS]; /* 0: missing, or not known */
};

static void tell(struct look *look, enum topics_finding finding, const char *topic, const char *text)
{
	if (finding == TOPICS_MISSING || finding == TOPICS_WRONG || finding == TOPICS_FAILED)
		look->faults++;
	look->report(look->context, finding, topic, text);
}

/* Waits for the answer of a request that was sent with `queue`. The caller destroys it. NULL with the error set. */
static rd_kafka_event_t *answer(struct look *look, rd_kafka_queue_t *queue, struct error *error)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, clock_poll_ms(look->deadline_boot_ms, ANSWER_MS));
	rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (!code)
		return event;
	handle_error(error, code, true, "Kafka");
	if (event)
		rd_kafka_event_destroy(event);
	return NULL;
}

static rd_kafka_AdminOptions_t *new_options(struct look *look, rd_kafka_admin_op_t operation)
{
	char reason[256];
	int timeout_ms = clock_poll_ms(look->deadline_boot_ms, ANSWER_MS);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(look->rk, operation);
	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms > 0 ? timeout_ms : 1, reason, sizeof reason);
	if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)
		rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, reason, sizeof reason);
	return options;
}

static rd_kafka_NewTopic_t *new_topic(const struct topics_options *options, const struct topic_row *row,
				      const char *topic, char *reason, size_t reason_size)
{
	int wide = options->partitions > 0 ? (int)options->partitions : WIDE_PARTITIONS;
	int replicas = options->replication_factor > 0 ? (int)options->replication_factor : -1;
	rd_kafka_NewTopic_t *made =
		rd_kafka_NewTopic_new(topic, row->is_wide ? wide : 1, replicas, reason, reason_size);
	if (!made)
		return NULL;
	struct topic_setting settings[TOPIC_SETTINGS_MAX];
	size_t count = topic_rows_settings(row, options->chunks_bytes > 0 ? options->chunks_bytes :
					   chunks_bytes_default, settings);
	for (size_t i = 0; i < count; i++)
		if (settings[i].is_ours)
			rd_kafka_NewTopic_set_config(made, settings[i].name, settings[i].value);
	return made;
}

/* Kafka's own words say more than the code: "Replication factor: 3 larger than available brokers: 1." */
static void take_result(struct look *look, size_t index, const char *topic, const rd_kafka_topic_result_t *result)
{
	rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
	const char *text = rd_kafka_topic_result_error_string(result);
	if (!code)
		look->is_created[index] = true;
	else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		tell(look, TOPICS_FAILED, topic, text ? text : rd_kafka_err2str(code));
}

/* -1 only where Kafka did not answer; what it refused is told. */
static int create_one(struct look *look, const struct topics_options *options, size_t index, struct error *error)
{
	char topic[CLIENT_TOPIC_SIZE], reason[256];
	client_topic(admin_client(look->admin), topic_rows[index].name, topic);
	rd_kafka_NewTopic_t *made = new_topic(options, &topic_rows[index], topic, reason, sizeof reason);
	if (!made) {
		tell(look, TOPICS_FAILED, topic, reason);
		return 0;
	}
	rd_kafka_queue_t *queue = rd_kafka_queue_new(look->rk);
	rd_kafka_AdminOptions_t *how = new_options(look, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_CreateTopics(look->rk, &made, 1, how, queue);
	rd_kafka_event_t *event = answer(look, queue, error);
	if (event) {
		size_t count;
		const rd_kafka_topic_result_t **results =
			rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
		if (count == 1)
			take_result(look, index, topic, results[0]);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(how);
	rd_kafka_queue_destroy(queue);
	rd_kafka_NewTopic_destroy(made);
	return event ? 0 : -1;
}

/* 0 also where it does not exist: then there are 0 partitions. One just created may not be known everywhere yet. */
static int count_partitions(struct look *look, size_t index, struct error *error)
{
	char topic[CLIENT_TOPIC_SIZE];
	client_topic(admin_client(look->admin), topic_rows[index].name, topic);
	struct handle *handle = admin_handle(look->admin);
	for (;;) {
		if (query_partitions(handle, topic, look->deadline_boot_ms, &look->partitions[index], error) == 0)
			return 0;
		if (error->word != WORD_kafka_invalid)
			return -1;
		if (!look->is_created[index] || clock_boot_ms() >= look->deadline_boot_ms)
			return 0;
		rd_kafka_poll(look->rk, PAUSE_MS);
	}
}

static void judge_partitions(struct look *look, size_t index, const char *topic)
{
	char text[256];
	const struct topic_row *row = &topic_rows[index];
	const struct topic_row *other = row->same_as ? topic_rows_find(row->same_as) : NULL;
	int32_t wanted = other ? look->partitions[other - topic_rows] : 0;
	if (wanted == 0 || wanted == look->partitions[index])
		return;
	TEXT_FORMAT(text, "has %d partitions and %s has %d: they must have the same number", look->partitions[index],
		    row->same_as, wanted);
	tell(look, TOPICS_WRONG, topic, text);
}

static const char *find_entry(const rd_kafka_ConfigEntry_t **entries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(rd_kafka_ConfigEntry_name(entries[i]), name))
			return rd_kafka_ConfigEntry_value(entries[i]);
	return NULL;
}

static void judge_entries(struct look *look, const struct topic_row *row, const char *topic,
			  const rd_kafka_ConfigEntry_t **entries, size_t entries_count)
{
	char text[512];
	struct topic_setting settings[TOPIC_SETTINGS_MAX];
	size_t count = topic_rows_settings(row, chunks_bytes_default, settings);
	for (size_t i = 0; i < count; i++) {
		const char *actual = find_entry(entries, entries_count, settings[i].name);
		enum topic_judgement judgement = topic_rows_judge(&settings[i], actual);
		if (judgement == TOPIC_RIGHT)
			continue;
		TEXT_FORMAT(text, "%s is %s and should be %s%s; to change it: kafka-configs.sh --alter --topic %s "
			    "--add-config %s=%s", settings[i].name, actual ? actual : "not known",
			    settings[i].weight == TOPIC_AT_LEAST ? "at least " : "", settings[i].value, topic,
			    settings[i].name, settings[i].value);
		tell(look, judgement == TOPIC_WRONG ? TOPICS_WRONG : TOPICS_DIFFERS, topic, text);
	}
	if (row->is_bounded && text_equal(find_entry(entries, entries_count, "retention.bytes"), "-1"))
		tell(look, TOPICS_DIFFERS, topic, "has no retention.bytes: Kafka ends when its disk is full");
}

static int judge_settings(struct look *look, const struct topic_row *row, const char *topic, struct error *error)
{
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(look->rk);
	rd_kafka_AdminOptions_t *how = new_options(look, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_DescribeConfigs(look->rk, &resource, 1, how, queue);
	rd_kafka_event_t *event = answer(look, queue, error);
	if (event) {
		size_t count, entries_count;
		const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
		const rd_kafka_ConfigResource_t **resources =
			rd_kafka_DescribeConfigs_result_resources(result, &count);
		rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);
		const rd_kafka_ConfigEntry_t **entries =
			rd_kafka_ConfigResource_configs(resources[0], &entries_count);
		if (code)
			tell(look, TOPICS_FAILED, topic, rd_kafka_err2str(code));
		else
			judge_entries(look, row, topic, entries, entries_count);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(how);
	rd_kafka_queue_destroy(queue);
	rd_kafka_ConfigResource_destroy(resource);
	return event ? 0 : -1;
}

static int check_one(struct look *look, size_t index, struct error *error)
{
	const struct topic_row *row = &topic_rows[index];
	char topic[CLIENT_TOPIC_SIZE], text[64];
	client_topic(admin_client(look->admin), row->name, topic);
	if (look->partitions[index] == 0) {
		tell(look, TOPICS_MISSING, topic, "does not exist; run: capbus topics --create");
		return 0;
	}
	TEXT_FORMAT(text, "%d partition%s", look->partitions[index], look->partitions[index] == 1 ? "" : "s");
	if (look->is_created[index])
		tell(look, TOPICS_CREATED, topic, text);
	size_t faults = look->faults;
	judge_partitions(look, index, topic);
	if (judge_settings(look, row, topic, error) < 0)
		return -1;
	if (look->faults == faults && !look->is_created[index])
		tell(look, TOPICS_OK, topic, text);
	return 0;
}

static int check_all(struct look *look, size_t *ret_faults, struct error *error)
{
	for (size_t i = 0; i < TOPIC_ROWS; i++)
		if (count_partitions(look, i, error) < 0)
			return -1;
	for (size_t i = 0; i < TOPIC_ROWS; i++)
		if (check_one(look, i, error) < 0)
			return -1;
	*ret_faults = look->faults;
	return 0;
}

int topics_create(struct admin *admin, const struct topics_options *options, int64_t deadline_boot_ms,
		  topics_report *report, void *context, size_t *ret_faults, struct error *error)
{
	struct look look = { .admin = admin, .rk = handle_rk(admin_handle(admin)), .report = report,
			     .context = context, .deadline_boot_ms = deadline_boot_ms };
	for (size_t i = 0; i < TOPIC_ROWS; i++) {
		if (count_partitions(&look, i, error) < 0)
			return -1;
		if (look.partitions[i] == 0 && create_one(&look, options, i, error) < 0)
			return -1;
	}
	return check_all(&look, ret_faults, error);
}

int topics_check(struct admin *admin, int64_t deadline_boot_ms, topics_report *report, void *context,
		 size_t *ret_faults, struct error *error)
{
	struct look look = { .admin = admin, .rk = handle_rk(admin_handle(admin)), .report = report,
			     .context = context, .deadline_boot_ms = deadline_boot_ms };
	return check_all(&look, ret_faults, error);
}

/* How many partitions the named topic was found to have, 0 where it is not among them. */
static int32_t partitions_of(const char *name, const char *const *names, const int32_t *partitions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return partitions[i];
	return 0;
}

int topics_check_partitions(struct admin *admin, const char *const *names, size_t count, int64_t deadline_boot_ms,
			    int32_t *ret_partitions, struct error *error)
{
	CLEANUP_FREE int32_t *partitions = memory_array(count + 1, sizeof *partitions);
	for (size_t i = 0; i < count; i++)
		if (admin_partitions(admin, names[i], deadline_boot_ms, &partitions[i], error) < 0)
			return -1;
	for (size_t i = 0; i < count; i++) {
		const struct topic_row *row = topic_rows_find(names[i]);
		int32_t wanted = row && row->same_as ? partitions_of(row->same_as, names, partitions, count) : 0;
		if (wanted != 0 && wanted != partitions[i])
			return error_set(error, ERROR_BROKEN, WORD_kafka_invalid,
					 "topics %s%s and %s%s must have the same number of partitions and have %d "
					 "and %d: delete one while nothing is queued or runs, and run: capbus "
					 "topics --create --partitions N", client_prefix(admin_client(admin)),
					 row->same_as, client_prefix(admin_client(admin)), row->name, (int)wanted,
					 (int)partitions[i]);
	}
	if (ret_partitions)
		memcpy(ret_partitions, partitions, count * sizeof *partitions);
	return 0;
}
