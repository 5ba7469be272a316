/* One capture, a straight line: open, armed, capture, drain, close, end. Everything that can end it early (a limit, a
 * stop, the lease, the interface) sets `over` and until when packets count; the line then goes on to its end, so that
 * every capture closes in the same way. */
#include "session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "outcome.h"
#include "packets/cut.h"
#include "sender.h"
#include "target/target.h"

enum {
	STACK_BYTES = 512 << 10,
	ALIVE_MS = 20000,      /* a quiet capture sends an empty chunk so often */
	PROGRESS_MS = 1000,
	LOOK_MS = 200,         /* while it waits for Kafka it looks so often whether it was stopped */
	PACKETS_A_TURN = 4096, /* then it looks at the clock again */
};
/* Packets stamped by several CPUs come out of order by less than that. */
static const int64_t reorder_ns = INT64_C(10000000);

static struct metric dropped_total = { .name = "capbus_capture_dropped_packets_total", .type = METRIC_COUNTER,
				       .help = "Packets that matched and were dropped by the kernel" };
static struct metric waited_total = { .name = "capbus_capture_gate_wait_milliseconds_total", .type = METRIC_COUNTER,
				      .help = "Time that captures waited for Kafka to confirm chunks" };
struct session {
	/* The order, copied. */
	uint64_t number;
	char capture_id[RECORD_ID_SIZE];
	struct inventory_target *target;
	size_t chunk_bytes;
	struct mailbox *mailbox;
	struct producer *producer;
	struct gate *worker_gate;
	struct chunk_begin begin; /* grows complete when armed */

	/* Between the threads. */
	pthread_t thread;
	struct control *control;

	/* The thread's own. */
	struct target_source *source;
	struct cut *cut;
	struct sender *sender;
	struct session_progress so_far;
	struct session_progress told;
	int64_t last_packet_at_ns;
	int64_t deadline_boot_ms;
	int64_t chunk_due_boot_ms; /* INT64_MAX while the chunk is empty */
	int64_t alive_due_boot_ms;
	int64_t tell_due_boot_ms;
	int64_t until_ns;          /* later packets do not count */
	bool over;
	bool past;                 /* one clearly later than until_ns came by: all that count have come */
	enum stopped_by stopped_by;
	enum session_stop stopped_how; /* where the loop did it */
	struct error failure;      /* ERROR_NONE: none */
	struct target_counts counts;
};

void session_register_metrics(void)
{
	sender_register_metrics();
	metrics_register(&dropped_total);
	metrics_register(&waited_total);
}

static struct log_about about(const struct session *it)
{
	return (struct log_about){ .request_id = it->begin.request.request_id, .capture_id = it->capture_id,
				   .target = it->begin.request.target };
}

/* ---- the end ---- */

/* Packets up to `until_ns` count, no later ones. */
static void be_over(struct session *it, enum stopped_by stopped_by, int64_t until_ns)
{
	it->over = true;
	it->stopped_by = stopped_by;
	if (until_ns < it->until_ns)
		it->until_ns = until_ns;
}

static void be_over_now(struct session *it, enum stopped_by stopped_by)
{
	be_over(it, stopped_by, clock_wall_ns());
}

/* ---- chunks ---- */

/* Sends the chunk as it stands, with `end` as the last. False where the lease is over or the capture was abandoned:
 * then it stays in the cut. */
static bool send_chunk(struct session *it, const struct chunk_end *end)
{
	struct cut_chunk chunk;
	bool sent = false;

	cut_chunk(it->cut, &chunk);
	while (!sent) {
		if (control_is_abandoned(it->control) || !control_lease_holds(it->control))
			return false;
		sent = sender_send(it->sender, &chunk, end, clock_boot_ms() + LOOK_MS);
	}
	cut_next(it->cut);
	it->chunk_due_boot_ms = INT64_MAX;
	it->alive_due_boot_ms = clock_boot_ms() + ALIVE_MS;
	return true;
}

static void lose_lease(struct session *it, int64_t until_ns)
{
	error_set(&it->failure, ERROR_AWAY, WORD_kafka_lost,
		  "the worker could not reach Kafka for too long while it captured");
	be_over(it, STOPPED_BY_FAILURE, until_ns);
}

/* ---- packets ---- */

/* False where it was the last that counts, or one too many. */
static bool take_packet(struct session *it, const struct packet *packet)
{
	enum cut_answer answer;

	while ((answer = cut_packet(it->cut, packet)) == CUT_FULL)
		if (!send_chunk(it, NULL)) {
			lose_lease(it, it->last_packet_at_ns);
			return false;
		}
	if (answer != CUT_NOT_TAKEN) {
		it->so_far.packets++;
		it->so_far.bytes += packet->captured_length;
		it->last_packet_at_ns = packet->ts_ns;
		if (it->chunk_due_boot_ms == INT64_MAX)
			it->chunk_due_boot_ms = clock_boot_ms() + it->begin.request.chunk_ms;
	}
	if (answer == CUT_TAKEN)
		return true;
	be_over(it, cut_limit_reached(it->cut) == CUT_LIMIT_COUNT ? STOPPED_BY_COUNT : STOPPED_BY_BYTES,
		it->last_packet_at_ns);
	return false;
}

enum taken {
	TAKEN_ALL,  /* nothing waits any more */
	TAKEN_SOME, /* more may wait */
	TAKEN_LAST, /* nothing more counts */
};

static enum taken take_packets(struct session *it)
{
	struct packet packet;

	for (int i = 0; i < PACKETS_A_TURN; i++) {
		int got = target_next(it->source, &packet, &it->failure);
		if (got == 0)
			return TAKEN_ALL;
		if (got < 0) {
			be_over_now(it, STOPPED_BY_FAILURE);
			return TAKEN_LAST;
		}
		if (packet.ts_ns > it->until_ns)
			it->past = it->past || packet.ts_ns - it->until_ns > reorder_ns;
		else if (!take_packet(it, &packet))
			return TAKEN_LAST;
	}
	return TAKEN_SOME;
}

/* ---- capturing ---- */

static void tell_progress(struct session *it, int64_t now_boot_ms)
{
	if (now_boot_ms < it->tell_due_boot_ms || memcmp(&it->so_far, &it->told, sizeof it->told) == 0)
		return;
	it->told = it->so_far;
	it->tell_due_boot_ms = now_boot_ms + PROGRESS_MS;
	mailbox_post(it->mailbox, it->number, SESSION_PROGRESS, memory_copy(&it->told, sizeof it->told));
}

/* What the loop said, and what the clock says. */
static void look(struct session *it)
{
	int64_t now_boot_ms = clock_boot_ms();
	enum session_stop how;

	how = control_told(it->control);
	if (how != SESSION_GO_ON) {
		it->stopped_how = how;
		be_over_now(it, outcome_stopped_by(how));
	} else if (!control_lease_holds(it->control))
		lose_lease(it, clock_wall_ns());
	else if (now_boot_ms >= it->deadline_boot_ms)
		be_over_now(it, STOPPED_BY_TIMEOUT);
	else if ((now_boot_ms >= it->chunk_due_boot_ms || now_boot_ms >= it->alive_due_boot_ms) &&
		 !send_chunk(it, NULL))
		return; /* the next look says why */
	tell_progress(it, now_boot_ms);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_look_boot_ms(const struct session *it)
{
	int64_t next = earlier(it->deadline_boot_ms, control_lease_until(it->control));

	next = earlier(next, earlier(it->chunk_due_boot_ms, it->alive_due_boot_ms));
	return memcmp(&it->so_far, &it->told, sizeof it->told) == 0 ? next : earlier(next, it->tell_due_boot_ms);
}

static void capture(struct session *it)
{
	look(it);
	while (!it->over) {
		if (take_packets(it) == TAKEN_ALL)
			target_wait(it->source, control_fd(it->control), next_look_boot_ms(it));
		if (!it->over)
			look(it);
	}
}

/* Packets that were stamped in time can still be on their way. */
static void drain(struct session *it)
{
	int64_t until_boot_ms = clock_boot_ms() + target_latency_ms(it->source);

	while (!it->past && !control_is_abandoned(it->control)) {
		bool last_time = clock_boot_ms() >= until_boot_ms;
		enum taken taken = take_packets(it);
		if (taken == TAKEN_LAST || (taken == TAKEN_ALL && last_time))
			break;
		if (taken == TAKEN_ALL)
			target_wait(it->source, -1, until_boot_ms);
	}
}

/* ---- the line ---- */

static int64_t limit(int64_t value)
{
	return value == RECORD_UNSET ? 0 : value;
}

static void be_armed(struct session *it, const struct target_facts *facts)
{
	struct session_armed news = { .armed_at_ns = facts->armed_at_ns, .link_type = facts->link_type,
				      .snaplen = facts->snaplen };
	int64_t now_boot_ms = clock_boot_ms();
	struct log_about whom = about(it);

	it->begin.link_type = facts->link_type;
	it->begin.resolution = facts->resolution;
	it->begin.snaplen = facts->snaplen;
	it->begin.armed_at_ns = facts->armed_at_ns;
	TEXT_COPY(it->begin.interface, facts->interface);
	it->last_packet_at_ns = facts->armed_at_ns;
	it->until_ns = facts->armed_at_ns + limit(it->begin.request.timeout_s) * INT64_C(1000000000);
	/* Rounded up: when it comes, until_ns is over. */
	it->deadline_boot_ms = now_boot_ms + (it->until_ns - clock_wall_ns()) / 1000000 + 1;
	it->alive_due_boot_ms = now_boot_ms; /* the first chunk says that it is armed */
	TEXT_COPY(news.interface, facts->interface);
	mailbox_post(it->mailbox, it->number, SESSION_ARMED, memory_copy(&news, sizeof news));
	log_info(&whom, "captures on %s: link type %lld, snaplen %lld", facts->interface, (long long)facts->link_type,
		 (long long)facts->snaplen);
}

/* False where there is nothing to capture: `failure` or the loop says why. */
static bool arm(struct session *it)
{
	struct target_facts facts;

	if (control_told(it->control) != SESSION_GO_ON)
		return false;
	it->source = target_open(it->target, &it->begin.request, &facts, &it->failure);
	if (!it->source || control_told(it->control) != SESSION_GO_ON)
		return false;
	be_armed(it, &facts);
	return true;
}

static void prepare_chunks(struct session *it)
{
	it->cut = cut_new(&(struct cut_settings){
		.resolution = (enum packet_resolution)it->begin.resolution,
		.snaplen = it->begin.snaplen,
		.maximum_bytes = it->chunk_bytes,
		.count = limit(it->begin.request.count),
		.bytes = limit(it->begin.request.bytes),
	});
	it->sender = sender_new(it->producer, it->worker_gate, it->capture_id, &it->begin);
}

static void disarm(struct session *it)
{
	if (it->stopped_by != STOPPED_BY_COUNT && it->stopped_by != STOPPED_BY_BYTES)
		drain(it);
	target_count(it->source, &it->counts);
	if (it->counts.dropped_kernel > 0)
		metrics_add(&dropped_total, it->counts.dropped_kernel);
}

static void fill_end(const struct session *it, struct chunk_end *end)
{
	struct cut_totals totals;

	cut_totals(it->cut, &totals);
	*end = (struct chunk_end){
		.chunks = totals.chunks,
		.packets = totals.packets,
		.bytes = totals.bytes,
		.received_kernel = it->counts.received_kernel,
		.dropped_kernel = it->counts.dropped_kernel,
		.dropped_mirror = RECORD_UNSET,
		.seen_total = it->counts.seen_total,
		.disarmed_at_ns = RECORD_UNSET,
	};
	if (it->begin.armed_at_ns != RECORD_UNSET)
		end->disarmed_at_ns = packet_time(it->until_ns, (enum packet_resolution)it->begin.resolution);
	TEXT_COPY(end->data_sha256, totals.data_sha256);
	outcome_judge(&(struct outcome_facts){
		.armed = it->begin.armed_at_ns != RECORD_UNSET,
		.told = control_told(it->control),
		.stopped_how = it->stopped_how,
		.stopped_by = it->stopped_by,
		.failure = &it->failure,
		.chunks_lost = sender_lost(it->sender),
	}, end);
}

static void wait_for_receipts(struct session *it)
{
	while (!control_is_abandoned(it->control) && !sender_drain(it->sender, clock_boot_ms() + LOOK_MS))
		continue;
}

/* The end says what became of the chunks before it; so it waits for their receipts. */
static void finish(struct session *it, struct session_ended *ret_news)
{
	wait_for_receipts(it);
	fill_end(it, &ret_news->end);
	while (control_wait_for_lease(it->control) && !send_chunk(it, &ret_news->end))
		continue;
	wait_for_receipts(it);
	ret_news->armed_at_ns = it->begin.armed_at_ns;
	ret_news->end_acknowledged = sender_end_arrived(it->sender);
	ret_news->chunks_lost = sender_lost(it->sender);
	ret_news->gate_waited_ms = sender_waited_ms(it->sender);
	metrics_add(&waited_total, ret_news->gate_waited_ms);
}

static void log_end(const struct session *it, const struct session_ended *news)
{
	struct log_about whom = about(it);
	const struct chunk_end *end = &news->end;

	log_debug(&whom, "%s%s%s: %lld packets, %lld bytes in %lld chunks, dropped %lld, seen %lld, waited %lld ms "
		 "for Kafka%s%s", names_outcome[end->outcome], end->reason[0] ? " " : "", end->reason,
		 (long long)end->packets, (long long)end->bytes, (long long)end->chunks,
		 (long long)(end->dropped_kernel == RECORD_UNSET ? -1 : end->dropped_kernel),
		 (long long)(end->seen_total == RECORD_UNSET ? -1 : end->seen_total), (long long)news->gate_waited_ms,
		 end->detail[0] ? ": " : "", end->detail);
}

static void *session_run(void *context)
{
	struct session *it = context;
	struct session_ended news;
	bool armed = arm(it);

	prepare_chunks(it);
	if (armed) {
		capture(it);
		disarm(it);
	}
	target_close(it->source);
	it->source = NULL;
	finish(it, &news);
	log_end(it, &news);
	cut_free(it->cut);
	sender_free(it->sender);
	mailbox_post(it->mailbox, it->number, SESSION_ENDED, memory_copy(&news, sizeof news));
	return NULL;
}

/* ---- for the loop ---- */

static void release(struct session *session)
{
	control_free(session->control);
	inventory_target_free(session->target);
	free(session);
}

static struct session *session_new(const struct session_order *order)
{
	struct session *session = memory_new(sizeof *session);
	struct chunk blank;

	session->number = order->number;
	TEXT_COPY(session->capture_id, order->capture_id);
	session->target = inventory_target_copy(order->target);
	session->chunk_bytes = order->chunk_bytes;
	session->mailbox = order->mailbox;
	session->producer = order->producer;
	session->worker_gate = order->worker_gate;
	record_init(&chunk_record, &blank);
	session->begin = blank.begin;
	session->begin.request = *order->request;
	session->begin.ports = order->request->ports;
	session->begin.snaplen = order->request->snaplen;
	session->begin.asked_at_ms = order->asked_at_ms;
	TEXT_COPY(session->begin.worker, order->worker);
	TEXT_COPY(session->begin.target_kind, order->target->public.kind);
	TEXT_COPY(session->begin.interface, order->target->public.interface);
	session->counts = (struct target_counts){ RECORD_UNSET, RECORD_UNSET, RECORD_UNSET };
	session->until_ns = INT64_MAX;
	session->chunk_due_boot_ms = INT64_MAX;
	return session;
}

int session_start(const struct session_order *order, struct session **ret_session, struct error *error)
{
	CLEANUP(control_freep) struct control *control = control_new(order->lease_until_boot_ms, error);
	struct session *session;
	pthread_attr_t attributes;

	if (!control)
		return -1;
	session = session_new(order);
	session->control = control;
	control = NULL; /* now the session's */
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	int failed = pthread_create(&session->thread, &attributes, session_run, session);
	pthread_attr_destroy(&attributes);
	if (failed != 0) {
		release(session);
		return error_set(error, ERROR_AWAY, WORD_worker_full,
				 "the system has no room for another capture: %s", strerrordesc_np(failed));
	}
	*ret_session = session;
	return 0;
}

void session_stop(struct session *session, enum session_stop how)
{
	control_stop(session->control, how);
}

void session_lease(struct session *session, int64_t until_boot_ms)
{
	control_lease(session->control, until_boot_ms);
}

void session_free(struct session *session)
{
	if (!session)
		return;
	pthread_join(session->thread, NULL);
	release(session);
}
