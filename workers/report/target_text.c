/* The words for a target. Its one idea: a row of a table for each outcome, so that each has its sign, its verdict and
 * its own advice, and a new one cannot be forgotten. */
#include "target_text.h"

#include <inttypes.h>

#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
#include "words.h"

enum { HOLDER_SHOWN = 6 };

/* What one line is about, for the functions that write a part of it. */
struct about {
	FILE *to;
	const struct thread_style *style;
	const struct view_request *request;
	const struct view_capture *capture;
};

/* A further line, beneath the target's. */
static FILE *beneath(const struct about *about)
{
	fputs("\n   ", about->to);
	return about->to;
}

static bool is_refused(const struct view_capture *capture)
{
	return capture->event && capture->event->kind == EVENT_REFUSED;
}

/* Whoever wrote the record says why in a sentence; else his machine word has a meaning. */
static void add_reason(const struct about *about)
{
	const struct view_capture *capture = about->capture;
	const char *detail = capture->result ? capture->result->detail : capture->event->detail;
	const char *reason = capture->result ? capture->result->reason : capture->event->reason;
	enum error_word word = error_word_from_name(reason);
	words_sentence(about->to, detail[0] ? detail : word != WORD_none ? error_word_meaning(word) : reason);
}

static bool has_reason(const struct view_capture *capture)
{
	return capture->result ? capture->result->detail[0] || capture->result->reason[0] :
				 capture->event->detail[0] || capture->event->reason[0];
}

/* RECORD_UNSET where it was never armed. */
static int64_t armed_ms(const struct result *result)
{
	if (result->armed_at_ns == RECORD_UNSET || result->disarmed_at_ns == RECORD_UNSET)
		return RECORD_UNSET;
	return (result->disarmed_at_ns - result->armed_at_ns) / 1000000;
}

static void add_how_long(const struct about *about)
{
	int64_t ms = armed_ms(about->capture->result);
	if (ms == RECORD_UNSET)
		return;
	fputs(" in ", about->to);
	words_duration(about->to, ms);
}

/* By the kernel and at the mirror together; "?" where nobody could say. */
static void add_dropped(FILE *to, int64_t kernel, int64_t mirror)
{
	fputs(" · dropped ", to);
	if (kernel == RECORD_UNSET)
		fputs("?", to);
	else
		words_count(to, kernel + (mirror == RECORD_UNSET ? 0 : mirror));
}

static void add_limit(FILE *to, const char *name, int64_t limit)
{
	fprintf(to, " · stopped at %s", name);
	if (limit != RECORD_UNSET)
		fprintf(to, "=%" PRId64, limit);
}

static void add_stopped(FILE *to, const struct result *result)
{
	if (result->stopped_by == STOPPED_BY_COUNT)
		add_limit(to, "count", result->count);
	else if (result->stopped_by == STOPPED_BY_TIMEOUT)
		add_limit(to, "timeout", result->timeout_s);
	else if (result->stopped_by == STOPPED_BY_BYTES)
		add_limit(to, "bytes", result->bytes_limit);
	else if (result->stopped_by != STOPPED_BY_NOTHING)
		fprintf(to, " · stopped by %s", names_stopped_by[result->stopped_by]);
}

static void add_numbers(const struct about *about)
{
	const struct result *result = about->capture->result;
	add_dropped(about->to, result->dropped_kernel, result->dropped_mirror);
	add_stopped(about->to, result);
	words_ports(about->to, " · ", &result->ports, result->direction);
}

static void add_missing(const struct about *about)
{
	const struct result *result = about->capture->result;
	FILE *to = beneath(about);
	if (result->missing_packets > 0) {
		words_packets(to, result->missing_packets);
		fprintf(to, " of it %s missing.", result->missing_packets == 1 ? "is" : "are");
	} else if (result->missing_chunks > 0) {
		words_count(to, result->missing_chunks);
		fprintf(to, " chunk%s of it %s missing; how many packets were in %s is not known.",
			result->missing_chunks == 1 ? "" : "s", result->missing_chunks == 1 ? "is" : "are",
			result->missing_chunks == 1 ? "it" : "them");
	} else {
		fputs("No chunk of it is missing.", to);
	}
}

static void say_complete(const struct about *about)
{
	words_packets(about->to, about->capture->result->packets);
	add_how_long(about);
	add_numbers(about);
}

static void say_partial(const struct about *about)
{
	const struct result *result = about->capture->result;
	words_packets(about->to, result->packets);
	fputs(" kept", about->to);
	if (result->first_packet_at_ns != RECORD_UNSET && result->last_packet_at_ns != RECORD_UNSET) {
		fputs(", ", about->to);
		words_time(about->to, result->first_packet_at_ns / 1000000);
		fputs(" to ", about->to);
		words_time(about->to, result->last_packet_at_ns / 1000000);
	}
	add_numbers(about);
	if (has_reason(about->capture)) {
		beneath(about);
		add_reason(about);
	}
	add_missing(about);
}

static void say_empty(const struct about *about)
{
	const struct result *result = about->capture->result;
	if (result->filter[0]) {
		fputs("The filter ", about->to);
		words_filter(about->to, about->style, result->filter);
		fprintf(about->to, " did not match any packet on %s", about->capture->target);
	} else {
		fprintf(about->to, "No packet was captured on %s", about->capture->target);
	}
	add_how_long(about);
	fputs(".", about->to);
	if (result->seen_total != RECORD_UNSET) {
		fputs(" The capture worked: ", about->to);
		words_count(about->to, result->seen_total);
		fprintf(about->to, " other packet%s came by.", result->seen_total == 1 ? "" : "s");
	}
	fprintf(beneath(about), "See what there is: capbus capture '' --on %s --count 20", about->capture->target);
}

static void say_blind(const struct about *about)
{
	fprintf(about->to, "Saw nothing at all: no packet of any kind came by on %s", about->capture->target);
	add_how_long(about);
	fputs(", so this says nothing about ", about->to);
	words_filter(about->to, about->style, about->capture->result->filter);
	fputs(".", about->to);
	fprintf(beneath(about), "Is it the right place, and is there traffic? capbus targets %s",
		about->capture->target);
}

/* "expired: the request waited too long. " */
static void add_because(const struct about *about, const char *verdict)
{
	fputs(verdict, about->to);
	if (!has_reason(about->capture)) {
		fputs(". ", about->to);
		return;
	}
	fputs(": ", about->to);
	add_reason(about);
	fputc(' ', about->to);
}

static void say_cancelled(const struct about *about)
{
	add_because(about, "cancelled");
	fputs("Nothing of it is kept.", about->to);
}

static void say_failed(const struct about *about)
{
	add_because(about, "not captured");
	fprintf(about->to, "What is known of %s: capbus targets %s", about->capture->target, about->capture->target);
}

static void say_rejected(const struct about *about)
{
	const struct view_capture *capture = about->capture;
	add_because(about, is_refused(capture) ? "refused" : "rejected");
	fputs("Nothing was captured.", about->to);
	if (capture->result && error_word_from_name(capture->result->reason) == WORD_busy)
		fputs("\n   To wait for the turn: --if-busy queue", about->to);
}

static void say_expired(const struct about *about)
{
	add_because(about, "expired");
	fputs("Nothing was captured.", about->to);
	fputs("\n   Ask again, and let it wait longer with --expires-in 1h", about->to);
}

static void say_lost(const struct about *about)
{
	add_because(about, "lost");
	fputs("No packet was kept. Ask again.", about->to);
}

static void say_unknown(const struct about *about)
{
	fputs("ended; its result does not say how", about->to);
}

static const struct {
	const char *sign;
	const char *verdict; /* in a header */
	void (*say)(const struct about *about);
} outcomes[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = { "❌", "not known", say_unknown },
	[OUTCOME_COMPLETE] = { "✅", "complete", say_complete },
	[OUTCOME_PARTIAL] = { "⚠", "partial", say_partial },
	[OUTCOME_EMPTY] = { "🟡", "no match", say_empty },
	[OUTCOME_BLIND] = { "🔴", "saw nothing at all", say_blind },
	[OUTCOME_CANCELLED] = { "⛔", "cancelled", say_cancelled },
	[OUTCOME_FAILED] = { "❌", "not captured", say_failed },
	[OUTCOME_REJECTED] = { "⛔", "rejected", say_rejected },
	[OUTCOME_EXPIRED] = { "❌", "expired", say_expired },
	[OUTCOME_LOST] = { "❌", "lost", say_lost },
};

/* "busy with k7f3qa (alice, `port 179`), which ends by 14:07:00Z at the latest" */
static void add_holder(const struct about *about, const struct event *event)
{
	fprintf(about->to, ": busy with %.*s", HOLDER_SHOWN, event->holder);
	if (event->holder_by[0]) {
		fputs(" (", about->to);
		words_text(about->to, event->holder_by);
		fputs(", ", about->to);
		words_filter(about->to, about->style, event->holder_filter);
		fputs(")", about->to);
	}
	if (event->holder_until_ms != RECORD_UNSET) {
		fputs(", which ends by ", about->to);
		words_time_to_come(about->to, event->holder_until_ms, event->at_ms);
		fputs(" at the latest", about->to);
	}
}

static void say_queued(const struct about *about)
{
	const struct event *event = about->capture->event;
	if (!event->holder[0] && event->position <= 1) { /* RECORD_UNSET is less */
		fputs("queued", about->to);
		return;
	}
	fputs("waiting", about->to);
	if (event->position > 0) {
		fputs(", ", about->to);
		words_ordinal(about->to, event->position);
		fputs(" in line", about->to);
	}
	if (event->holder[0])
		add_holder(about, event);
	if (event->expires_at_ms != RECORD_UNSET) {
		fputs(". Not started by ", about->to);
		words_time_to_come(about->to, event->expires_at_ms, event->at_ms);
		fputs(": dropped.", about->to);
	}
}

static void say_capturing(const struct about *about)
{
	const struct event *event = about->capture->event;
	int64_t count = about->request->has_request ? about->request->request.count : RECORD_UNSET;
	if (count > 0) {
		words_count(about->to, event->packets);
		fputs(" of ", about->to);
		words_packets(about->to, count);
	} else {
		words_packets(about->to, event->packets);
	}
	if (event->armed_at_ns != RECORD_UNSET && event->at_ms != RECORD_UNSET) {
		int64_t ms = event->at_ms - event->armed_at_ns / 1000000;
		fprintf(about->to, " · %" PRId64 " s", ms < 0 ? 0 : ms / 1000);
	}
	words_ports(about->to, " · ", &event->ports, event->direction);
}

static void say_ended(const struct about *about)
{
	const struct event *event = about->capture->event;
	fprintf(about->to, "ended, %s",
		event->outcome == OUTCOME_NONE ? "how is not known yet" : names_outcome[event->outcome]);
	if (event->packets > 0) {
		fputs(": ", about->to);
		words_packets(about->to, event->packets);
		fputs("; the file is being stored", about->to);
	} else {
		fputs("; the result is being written", about->to);
	}
}

/* "slx1 - 20 packets: https://…", and what has no link. */
static void add_stores(const struct about *about)
{
	const struct result *result = about->capture->result;
	for (size_t i = 0; i < result->stores_count; i++) {
		const struct result_store *store = &result->stores[i];
		FILE *to = beneath(about);
		if (store->state == STORE_STORED && store->link[0]) {
			fprintf(to, "%s - ", about->capture->target);
			words_packets(to, result->packets);
			fputs(result->state == OUTCOME_PARTIAL ? ", partial: " : ": ", to);
			words_text(to, store->link);
		} else {
			fputs("store ", to);
			words_text(to, store->store);
			fprintf(to, ": %s", names_store_state[store->state]);
		}
	}
}

static void add_late(const struct about *about)
{
	const struct result *result = about->capture->result;
	if (result->late_packets == 0)
		return;
	FILE *to = beneath(about);
	words_packets(to, result->late_packets);
	fprintf(to, " came after its end and %s not in the file.", result->late_packets == 1 ? "is" : "are");
}

static void say_done(const struct about *about)
{
	outcomes[view_outcome(about->capture)].say(about);
	if (!about->capture->result)
		return;
	add_late(about);
	add_stores(about);
}

static void say_doing(const struct about *about, const char *otherwise)
{
	const char *detail = about->capture->event->detail;
	words_text(about->to, detail[0] ? detail : otherwise);
}

const char *target_text_sign(const struct view_capture *capture)
{
	if (capture->phase == VIEW_DONE)
		return outcomes[view_outcome(capture)].sign;
	return capture->phase == VIEW_CAPTURING ? "▶" : "…";
}

const char *target_text_verdict(const struct view_capture *capture)
{
	return is_refused(capture) ? "refused" : outcomes[view_outcome(capture)].verdict;
}

void target_text_write(FILE *to, const struct thread_style *style, const struct view_request *request,
		       const struct view_capture *capture)
{
	const struct about about = { to, style, request, capture };
	fprintf(to, "%s ", target_text_sign(capture));
	words_strong(to, style, capture->target[0] ? capture->target : "?");
	fputs("  ", to);
	switch (capture->phase) {
	case VIEW_QUEUED:
		say_queued(&about);
		break;
	case VIEW_STARTING:
		say_doing(&about, "starting");
		break;
	case VIEW_CAPTURING:
		say_capturing(&about);
		break;
	case VIEW_RECLAIMING:
		say_doing(&about, "its worker is lost; what it kept is being saved");
		break;
	case VIEW_ENDED:
		say_ended(&about);
		break;
	case VIEW_DONE:
		say_done(&about);
		break;
	case VIEW_UNHEARD:
		fputs("asked", to);
	}
	fputc('\n', to);
}
