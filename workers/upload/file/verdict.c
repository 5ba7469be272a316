/* What arrived against what the end says. First the two are compared, which gives one of five findings; then the
 * finding and the end's own word give the state. */
#include "file/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/error.h"
#include "core/text.h"

enum finding {
	WHOLE,     /* all packets that the end counts; at most signs of life are missing */
	SHORT,     /* fewer than the end counts */
	DIFFERENT, /* not fewer, and yet not what was sent */
	UNCOUNTED, /* the end is from somebody who did not count */
	UNENDED,   /* there is no end */
};

enum { NUMBER_SIZE = 32 };

static enum finding compare(const struct chunk_end *end, const struct assembly_report *report)
{
	if (!end)
		return UNENDED;
	if (report->missing_packets == PACKET_UNSET)
		return UNCOUNTED;
	if (end->packets == report->packets && end->bytes == report->bytes &&
	    (report->sha256_matches || report->packets == 0))
		return WHOLE;
	return report->missing_packets > 0 ? SHORT : DIFFERENT;
}

static void set_reason(struct result *result, enum error_word word)
{
	TEXT_COPY(result->reason, error_word_name(word));
}

/* Behind what the worker says, if it says something. */
static void add_detail(struct result *result, const char *text)
{
	char whole[RECORD_DETAIL_SIZE];
	TEXT_FORMAT(whole, "%s%s%s", result->detail, result->detail[0] ? "; " : "", text);
	TEXT_COPY(result->detail, whole);
}

static void add_missing_detail(struct result *result, const struct chunk_end *end,
			       const struct assembly_report *report, enum finding finding)
{
	char text[RECORD_DETAIL_SIZE], missing[NUMBER_SIZE], all[NUMBER_SIZE], chunks[NUMBER_SIZE];
	text_count(chunks, sizeof chunks, report->missing_chunks);
	const char *chunks_did = report->missing_chunks == 1 ? "chunk" : "chunks";
	if (finding == SHORT)
		TEXT_FORMAT(text, "%s of %s %s missing: %s %s did not arrive whole",
			    text_count(missing, sizeof missing, report->missing_packets),
			    text_count(all, sizeof all, end->packets),
			    report->missing_packets == 1 ? "packets is" : "packets are", chunks, chunks_did);
	else if (finding == DIFFERENT)
		TEXT_FORMAT(text, "the chunks do not hold the packets that the worker counted: "
			    "numbers or SHA-256 of the data differ");
	else
		TEXT_FORMAT(text, "%s %s did not arrive whole; how many packets were in them nobody counted", chunks,
			    chunks_did);
	add_detail(result, text);
}

/* A failure that the worker names says more than that packets are missing; a limit or a person does not. */
static bool names_failure(const struct chunk_end *end)
{
	return end->stopped_by == STOPPED_BY_FAILURE && end->reason[0];
}

static void judge_missing(const struct chunk_end *end, const struct assembly_report *report, enum finding finding,
			  struct result *result)
{
	if (finding != UNCOUNTED || report->missing_chunks > 0)
		add_missing_detail(result, end, report, finding);
	else if (end->outcome == OUTCOME_COMPLETE)
		add_detail(result, "nobody counted the packets, so it cannot be proven complete");
	else
		return;
	if (!names_failure(end))
		set_reason(result, finding == DIFFERENT ? WORD_chunk_corrupt : WORD_packets_missing);
	if (end->outcome == OUTCOME_COMPLETE || end->outcome == OUTCOME_EMPTY || end->outcome == OUTCOME_BLIND)
		result->state = OUTCOME_PARTIAL;
}

static void judge_unended(const struct assembly_report *report, struct result *result)
{
	result->state = OUTCOME_LOST;
	result->stopped_by = STOPPED_BY_FAILURE;
	set_reason(result, WORD_end_missing);
	add_detail(result, "the chunks stop without an end, and nothing more came for two minutes");
	if (report->missing_chunks > 0)
		add_missing_detail(result, NULL, report, UNENDED);
}

static void fill_asked(const struct chunk_begin *begin, struct result *result)
{
	const struct request *request = &begin->request;
	TEXT_COPY(result->target, request->target);
	TEXT_COPY(result->filter, request->filter);
	TEXT_COPY(result->requested_by, request->requested_by);
	TEXT_COPY(result->requested_via, request->requested_via);
	TEXT_COPY(result->worker, begin->worker);
	result->timeout_s = request->timeout_s;
	result->count = request->count;
	result->bytes_limit = request->bytes;
	result->snaplen = begin->snaplen > 0 ? begin->snaplen : request->snaplen;
	result->direction = request->direction;
	result->ports = begin->ports;
	result->labels = request->labels;
	result->link_type = begin->link_type;
	result->armed_at_ns = begin->armed_at_ns;
}

static void fill_end(const struct chunk_end *end, struct result *result)
{
	result->state = end->outcome;
	result->stopped_by = end->stopped_by;
	TEXT_COPY(result->reason, end->reason);
	TEXT_COPY(result->detail, end->detail);
	result->disarmed_at_ns = end->disarmed_at_ns;
	result->seen_total = end->seen_total;
	result->received_kernel = end->received_kernel;
	result->dropped_kernel = end->dropped_kernel;
	result->dropped_mirror = end->dropped_mirror;
}

static void fill_arrived(const struct assembly_report *report, struct result *result)
{
	result->packets = report->packets;
	result->bytes = report->bytes;
	result->missing_chunks = report->missing_chunks;
	result->missing_packets = report->missing_packets;
	result->late_packets = report->late_packets;
	result->first_packet_at_ns = report->first_ns;
	result->last_packet_at_ns = report->last_ns;
}

static void discard(struct result *result)
{
	result->packets = result->bytes = 0;
	result->first_packet_at_ns = result->last_packet_at_ns = RECORD_UNSET;
}

void verdict_judge(const struct chunk_begin *begin, const struct chunk_end *end, const struct assembly_report *report,
		   struct result *ret_result)
{
	enum finding finding = compare(end, report);
	fill_asked(begin, ret_result);
	fill_arrived(report, ret_result);
	ret_result->detail[0] = '\0';
	if (end)
		fill_end(end, ret_result);
	if (ret_result->state == OUTCOME_CANCELLED) {
		discard(ret_result);
		return;
	}
	if (finding == UNENDED)
		judge_unended(report, ret_result);
	else if (finding != WHOLE)
		judge_missing(end, report, finding, ret_result);
	if (report->packets > 0 && ret_result->state != OUTCOME_COMPLETE)
		ret_result->state = OUTCOME_PARTIAL;
	if (ret_result->state == OUTCOME_NONE) /* an end must say how; one that does not tells of nothing */
		ret_result->state = OUTCOME_FAILED;
}

/* ---- the sentence ---- */

struct sentence {
	char *text;
	size_t used;
};

static void add(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct sentence *sentence, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(sentence->text + sentence->used, VERDICT_SENTENCE_SIZE - sentence->used, format,
			     arguments);
	va_end(arguments);
	sentence->used += size > 0 ? (size_t)size : 0;
	if (sentence->used >= VERDICT_SENTENCE_SIZE)
		sentence->used = VERDICT_SENTENCE_SIZE - 1;
}

void verdict_sentence(const struct result *result, char to[static VERDICT_SENTENCE_SIZE])
{
	struct sentence sentence = { to, 0 };
	char number[NUMBER_SIZE];
	add(&sentence, "%s", names_outcome[result->state]);
	if (result->reason[0])
		add(&sentence, " (%s)", result->reason);
	add(&sentence, ": %s %s, dropped ", text_count(number, sizeof number, result->packets),
	    result->packets == 1 ? "packet" : "packets");
	add(&sentence, "%s", result->dropped_kernel == RECORD_UNSET ?
			     "?" : text_count(number, sizeof number, result->dropped_kernel));
	if (result->dropped_mirror != RECORD_UNSET)
		add(&sentence, ", dropped at the mirror %s",
		    text_count(number, sizeof number, result->dropped_mirror));
	if (result->stopped_by != STOPPED_BY_NOTHING)
		add(&sentence, ", stopped by %s", names_stopped_by[result->stopped_by]);
	if (result->detail[0])
		add(&sentence, "; %s", result->detail);
}

/* ---- the file's last block ---- */

static int64_t dropped(const struct result *result)
{
	if (result->dropped_kernel == RECORD_UNSET || result->dropped_mirror == RECORD_UNSET)
		return result->dropped_kernel;
	return result->dropped_kernel + result->dropped_mirror;
}

void verdict_statistics(const struct result *result, char sentence[static VERDICT_SENTENCE_SIZE],
			struct pcapng_write_statistics *ret_statistics)
{
	verdict_sentence(result, sentence);
	*ret_statistics = (struct pcapng_write_statistics){
		.at_ns = result->disarmed_at_ns != RECORD_UNSET ? result->disarmed_at_ns : result->last_packet_at_ns,
		.start_ns = result->armed_at_ns,
		.end_ns = result->disarmed_at_ns,
		.received = result->received_kernel,
		.dropped = dropped(result),
		.filter_accepted = PACKET_UNSET,
		.delivered = result->packets,
		.comment = sentence,
	};
}
