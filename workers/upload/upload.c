/* The loop of the upload stage. Each turn: hear what results say, take what became of transfers, read chunks and
 * give each to its capture's gathering, let the gatherings go on, and store the offsets that nobody needs any more.
 * Nothing else is kept: who starts reads again from there and comes to the same. */
#include "upload.h"

#include "bus/admin.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "bus/topics.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/metrics.h"
#include "core/text.h"
#include "deletions.h"
#include "file/spool.h"
#include "intake.h"
#include "late.h"
#include "ledger/results_log.h"
#include "offsets.h"
#include "rejects.h"
#include "reread.h"
#include "status/health.h"
#include "store/transfers.h"

enum {
	KAFKA_WAIT_MS = 30000,       /* at start */
	FLUSH_MS = 5000,             /* at the end */
	RESULTS_TURN = 1000,         /* records at once */
	CHUNKS_TURN = 64,
	CHUNKS_QUEUE_KBYTES = 65536,
	LOOP_LATE_MS = 10000,        /* a loop that did not turn for so long heard nothing */
};

struct upload {
	struct stage *stage;
	struct stores *stores;
	struct producer *producer;
	struct consumer *chunks;     /* NULL until results are read */
	struct offsets *offsets;
	struct rejects *rejects;
	struct late *late;
	struct intake *intake;
	struct spool_folder *spools;
	struct transfers *transfers;
	struct deletions *deletions;
	struct reread *reread;
	struct results_log *results;
	int64_t turned_boot_ms;
	bool more_results, more_chunks, more_again;
	bool draining;
};

static struct metric spool_bytes = { .name = "capbus_upload_spool_bytes", .type = METRIC_GAUGE,
				     .help = "Bytes of files in the making" };

static int take_chunks(struct upload *upload, int64_t now_boot_ms, struct error *error)
{
	struct bus_record record;
	struct error said = { 0 };
	int answer = 1;
	upload->more_chunks = false;
	bool is_full = rejects_count(upload->rejects) >= REJECTS_MAX;
	if (consumer_is_away(upload->chunks) || is_full || now_boot_ms - upload->turned_boot_ms > LOOP_LATE_MS)
		intake_excuse(upload->intake, now_boot_ms);
	upload->turned_boot_ms = now_boot_ms;
	if (is_full)
		return 0;
	for (int i = 0; i < CHUNKS_TURN && (answer = consumer_take(upload->chunks, &record, &said)) == 1; i++)
		intake_take(upload->intake, &record, now_boot_ms);
	consumer_release(upload->chunks);
	upload->more_chunks = answer == 1;
	if (stage_judge_bus(answer, &said, error) < 0)
		return -1;
	if (!upload->more_chunks)
		intake_close_silent(upload->intake, now_boot_ms);
	return 0;
}

static void take_answers(struct upload *upload, int64_t now_boot_ms)
{
	struct store_answer answer;
	uint64_t number;
	while (transfers_take(upload->transfers, &number, &answer))
		if (!intake_answered(upload->intake, number, &answer, now_boot_ms))
			deletions_answered(upload->deletions, upload->results, number, &answer, now_boot_ms);
}

static void store_offsets(struct upload *upload)
{
	int32_t partition;
	int64_t next_offset;
	while (upload->chunks && offsets_take_change(upload->offsets, &partition, &next_offset))
		consumer_store(upload->chunks, "chunks", partition, next_offset);
}

static void revoked(void *context, const char *topic, int32_t partition, bool lost)
{
	struct upload *upload = context;
	(void)topic;
	(void)lost;
	intake_forget(upload->intake, partition);
}

static void heard(void *context, const struct bus_record *record, const struct results_news *news)
{
	struct upload *upload = context;
	(void)record;
	if (news->has_body && news->verdict == RESULTS_COUNTED)
		deletions_heard(upload->deletions, &news->result);
}

static bool is_ours(void *context, int32_t partition)
{
	struct upload *upload = context;
	return upload->chunks && consumer_has(upload->chunks, "chunks", partition);
}

static int join(struct upload *upload, struct error *error)
{
	static const char *const topics[] = { "chunks" };
	const struct consumer_callbacks callbacks = { upload, NULL, revoked, NULL };
	if (upload->chunks || upload->draining || !results_log_is_read(upload->results))
		return 0;
	upload->chunks = consumer_new_group(upload->stage->client, "upload", topics, 1, CHUNKS_QUEUE_KBYTES,
					    &callbacks, error);
	return upload->chunks ? 0 : -1;
}

static void show_health(struct upload *upload)
{
	struct health *health = upload->stage->health;
	const char *trouble = intake_trouble(upload->intake);
	const char *spool_trouble = intake_spool_trouble(upload->intake);
	health_set(health, "kafka", !client_is_away(upload->stage->client), "Kafka does not answer");
	health_set(health, "results_read", results_log_is_read(upload->results), NULL);
	health_set(health, "partitions", upload->chunks && consumer_is_member(upload->chunks), NULL);
	health_set(health, "stores_writable", !trouble, trouble);
	health_set(health, "spool_writable", !spool_trouble, spool_trouble);
	metrics_set(&spool_bytes, spool_folder_bytes(upload->spools));
}

static int upload_turn(void *self, struct error *error)
{
	struct upload *upload = self;
	int64_t now_boot_ms = clock_boot_ms();
	struct error said = { 0 };
	int answer = results_log_turn(upload->results, RESULTS_TURN, &said);
	upload->more_results = answer == 1;
	if (stage_judge_bus(answer, &said, error) < 0 || join(upload, error) < 0)
		return -1;
	take_answers(upload, now_boot_ms);
	rejects_turn(upload->rejects, now_boot_ms);
	if (upload->chunks && !upload->draining && take_chunks(upload, now_boot_ms, error) < 0)
		return -1;
	upload->more_again = !upload->draining && intake_read_again(upload->intake, CHUNKS_TURN, now_boot_ms);
	intake_go_on(upload->intake, now_boot_ms);
	late_turn(upload->late);
	deletions_turn(upload->deletions, upload->results, is_ours, upload, now_boot_ms);
	store_offsets(upload);
	show_health(upload);
	return producer_failed(upload->producer, error) ? -1 : 0;
}

static size_t upload_wait(void *self, struct pollfd *fds, int64_t *ret_deadline_boot_ms)
{
	struct upload *upload = self;
	int waits[8];
	size_t count = results_log_fds(upload->results, waits);
	waits[count++] = transfers_fd(upload->transfers);
	waits[count++] = rejects_fd(upload->rejects);
	if (upload->chunks && !upload->draining)
		waits[count++] = consumer_fd(upload->chunks);
	if (reread_is_reading(upload->reread) && !upload->draining)
		waits[count++] = reread_fd(upload->reread);
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = waits[i], .events = POLLIN };
	if (upload->more_results || upload->more_chunks || upload->more_again)
		*ret_deadline_boot_ms = 0;
	return count;
}

static bool upload_drain(void *self, int64_t grace_ends_boot_ms)
{
	struct upload *upload = self;
	size_t busy = intake_busy(upload->intake) + rejects_count(upload->rejects) + late_count(upload->late);
	upload->draining = true;
	upload->more_chunks = false;
	return busy == 0 || clock_boot_ms() >= grace_ends_boot_ms;
}

/* ---- begin and end ---- */

static int upload_writable(const struct config *config, const char **ret_paths, struct error *error)
{
	ret_paths[0] = config_text(config, "upload", "spool_dir");
	if (stores_writable(config, ret_paths + 1, STAGE_WRITABLE_MAX - 1, error) < 0)
		return -1;
	for (size_t i = 0; i < STAGE_WRITABLE_MAX && ret_paths[i]; i++)
		if (file_make_folder(ret_paths[i], error) < 0)
			return -1;
	return 0;
}

static int open_kafka(struct upload *upload, struct error *error)
{
	struct client *client = upload->stage->client;
	static const char *const topics[] = { "chunks", "results", "dead-letters" };
	enum { COUNT = sizeof topics / sizeof *topics };
	int64_t deadline_boot_ms = clock_boot_ms() + KAFKA_WAIT_MS;
	CLEANUP(admin_freep) struct admin *admin = admin_new(client, error);
	if (!admin || admin_wait(admin, deadline_boot_ms, error) < 0 ||
	    topics_check_partitions(admin, topics, COUNT, deadline_boot_ms, NULL, error) < 0 ||
	    !(upload->producer = producer_new(client, error)))
		return -1;
	upload->results = results_log_open(&(struct results_log_parts){
		.client = client,
		.producer = upload->producer,
		.stage = "upload",
		.incarnation = upload->stage->incarnation,
		.heard = heard,
		.context = upload,
	}, deadline_boot_ms, error);
	if (!upload->results)
		return -1;
	upload->rejects = rejects_new(upload->producer, upload->offsets);
	upload->late = late_new(upload->results, upload->offsets);
	return 0;
}

/* A store that is away now may be there when a file is; one that is set up wrongly will not. */
static int open_files(struct upload *upload, struct error *error)
{
	struct error why = { 0 };
	upload->spools = spool_folder_open(config_text(upload->stage->config, "upload", "spool_dir"), error);
	upload->stores = upload->spools ? stores_open(upload->stage->config, error) : NULL;
	if (!upload->stores)
		return -1;
	for (size_t i = 0; i < stores_count(upload->stores); i++) {
		if (stores_check(upload->stores, i, &why) == 0)
			continue;
		if (why.kind != ERROR_AWAY) {
			*error = why;
			return -1;
		}
		log_warning(NULL, "%s", why.text);
	}
	upload->transfers = transfers_start(upload->stores, error);
	if (!upload->transfers)
		return -1;
	upload->deletions = deletions_new(&(struct deletions_parts){ upload->stores, upload->transfers });
	return 0;
}

/* The group is left while the gatherings are still there, because that gives them up one by one; the producer ends
 * before those who wait for its receipts. */
static void upload_close(void *self)
{
	struct upload *upload = self;
	struct error error = { 0 };
	if (upload->producer && producer_flush(upload->producer, clock_boot_ms() + FLUSH_MS, &error) < 0)
		log_warning(NULL, "%s", error.text);
	consumer_free(upload->chunks);
	producer_free(upload->producer);
	intake_free(upload->intake);
	reread_free(upload->reread);
	deletions_free(upload->deletions);
	transfers_stop(upload->transfers);
	late_free(upload->late);
	rejects_free(upload->rejects);
	results_log_close(upload->results);
	stores_free(upload->stores);
	spool_folder_free(upload->spools);
	offsets_free(upload->offsets);
	free(upload);
}

static void *upload_open(struct stage *stage, struct error *error)
{
	struct upload *upload = memory_new(sizeof *upload);
	upload->stage = stage;
	upload->offsets = offsets_new();
	metrics_register(&spool_bytes);
	health_need(stage->health, "kafka", "Kafka was not reached yet");
	health_need(stage->health, "results_read", "the results are being read");
	health_need(stage->health, "partitions", "the partitions of chunks were not shared out yet");
	health_need(stage->health, "spool_writable", "the spool folder was not opened yet");
	health_need(stage->health, "stores_writable", "the stores were not tried yet");
	if (open_files(upload, error) < 0 || open_kafka(upload, error) < 0) {
		upload_close(upload);
		return NULL;
	}
	upload->reread = reread_new(stage->client);
	upload->intake = intake_new(&(struct intake_parts){
		.gathering = { { upload->spools, { upload->stores, upload->transfers } }, upload->results },
		.offsets = upload->offsets,
		.rejects = upload->rejects,
		.late = upload->late,
		.reread = upload->reread,
		.spool_bytes_max = config_bytes(stage->config, "upload", "spool_bytes_max"),
	});
	health_set(stage->health, "spool_writable", true, NULL);
	return upload;
}

const struct stage_program upload_program = {
	.program = CONFIG_UPLOAD,
	.writable = upload_writable,
	.open = upload_open,
	.wait = upload_wait,
	.turn = upload_turn,
	.drain = upload_drain,
	.close = upload_close,
};
