/* The way of each telling through the ledger. Its one idea: a request has at most one thing under way, and each step
 * is taken only when the log, or the teller, has said what became of the one before. */
#include "telling/tellings.h"

#include <string.h>
#include <utlist.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "telling/due.h"
#include "packets/digest.h"
#include "record/names.h"
#include "thread_view.h"

static const char MAY_BE_AGAIN[] = "   Perhaps told before: who was to tell it ended before he could say that he had.\n";

static struct metric changes_total = {
	.name = "capbus_report_told_total", .labels = "what=\"change\"", .help = "what was told",
	.type = METRIC_COUNTER };
static struct metric progress_total = {
	.name = "capbus_report_told_total", .labels = "what=\"progress\"", .help = "what was told",
	.type = METRIC_COUNTER };
static struct metric last_words_total = {
	.name = "capbus_report_told_total", .labels = "what=\"last_word\"", .help = "what was told",
	.type = METRIC_COUNTER };
enum step {
	STEP_RESTS,   /* until its time */
	STEP_PARKS,   /* not ours to begin with now; kept for what it knows of a claim that stands */
	STEP_CLAIMS,  /* the claim was handed over */
	STEP_TELLS,   /* the teller tells it */
	STEP_LOOKS,   /* the teller looks it up */
	STEP_SETTLES, /* the record that it was told was handed over */
};

struct telling_work {
	struct view_request *request;
	enum step step;
	int64_t until_boot_ms;       /* RESTS */
	int64_t handed_over_boot_ms; /* the claim */
	int64_t absent_version;      /* a claim of that version stands, and was not told; 0: none */
	int64_t doubt_version;       /* the same of our own claim of which that is not known */
	bool was_told_here;
	bool may_be_again;
	unsigned what;               /* enum due */
	struct thread record;        /* what was proposed, or is looked up */
	char *block, *last_word, *text;
	struct telling_work *prev, *next;
};

struct tellings {
	struct tellings_parts parts;
	int64_t last_nonce;
	struct telling_work *works;
	size_t works_count;
	bool is_crowded;    /* a request was put off */
	struct thread told; /* large, and one at a time */
};

struct tellings *tellings_new(const struct tellings_parts *parts)
{
	struct tellings *tellings = memory_new(sizeof *tellings);
	tellings->parts = *parts;
	metrics_register(&changes_total);
	metrics_register(&progress_total);
	metrics_register(&last_words_total);
	return tellings;
}

static void drop_texts(struct telling_work *work)
{
	free(work->block);
	free(work->last_word);
	free(work->text);
	work->block = work->last_word = work->text = NULL;
}

static struct telling_work *work_of(struct tellings *tellings, struct view_request *request)
{
	if (!request->work) {
		tellings->works_count++;
		request->work = memory_new(sizeof *request->work);
		request->work->request = request;
		DL_APPEND(tellings->works, request->work);
	}
	return request->work;
}

static void drop(struct tellings *tellings, struct telling_work *work)
{
	if (!work)
		return;
	work->request->work = NULL;
	tellings->works_count--;
	DL_DELETE(tellings->works, work);
	drop_texts(work);
	free(work);
}

void tellings_free(struct tellings *tellings)
{
	struct telling_work *work, *next;
	if (!tellings)
		return;
	DL_FOREACH_SAFE(tellings->works, work, next)
		drop(tellings, work);
	free(tellings);
}

static const struct threads_entry *entry_of(const struct tellings *tellings, const struct view_request *request)
{
	return threads_find(tellings->parts.threads, request->request_id);
}

static void rest(struct telling_work *work, int64_t until_boot_ms)
{
	work->step = STEP_RESTS;
	work->until_boot_ms = until_boot_ms;
}

/* A proposal that Kafka does not take now is made again later. */
static int propose(struct tellings *tellings, struct telling_work *work, enum step step, int64_t now_boot_ms,
		   struct error *error)
{
	struct error why = { 0 };
	TEXT_COPY(work->record.writer, "report");
	TEXT_COPY(work->record.incarnation, tellings->parts.incarnation);
	work->record.nonce = ++tellings->last_nonce;
	work->step = step;
	if (tellings->parts.propose(tellings->parts.context, &work->record, &why) == 0)
		return 0;
	if (why.kind == ERROR_AWAY) {
		work->until_boot_ms = now_boot_ms + TELLINGS_RETRY_MS;
		work->record.nonce = 0; /* nothing is waited for: tellings_turn */
		return 0;
	}
	*error = why;
	return -1;
}

static void compose(struct tellings *tellings, struct telling_work *work)
{
	const struct thread_style *style = tellings->parts.teller->style;
	char id[RECORD_ID_SIZE];
	drop_texts(work);
	view_shown_id(tellings->parts.view, work->request, id);
	CLEANUP_FREE char *block = thread_view_block(work->request, id, style);
	work->block = memory_format("%s%s", block, work->may_be_again ? MAY_BE_AGAIN : "");
	if (work->what & DUE_LAST_WORD)
		work->last_word = thread_view_last_word(work->request, id, style);
	work->text = memory_format("%s\n%s%s", work->block, work->last_word ? work->last_word : "",
				   work->last_word ? "\n" : "");
}

/* `told` is what was told last. */
static int claim(struct tellings *tellings, struct telling_work *work, int64_t now_boot_ms, struct error *error)
{
	struct thread *record = &work->record;
	uint8_t hash[DIGEST_SHA256_SIZE];
	compose(tellings, work);
	*record = tellings->told;
	TEXT_COPY(record->request_id, work->request->request_id);
	TEXT_COPY(record->via, tellings->parts.teller->name);
	record->version = threads_version(entry_of(tellings, work->request)) + 1;
	record->change = THREAD_CLAIMED;
	record->may_be_again = work->may_be_again;
	record->said_at_ms = clock_wall_ms();
	due_claim(work->request, &tellings->told, work->what, record);
	digest_sha256(work->text, strlen(work->text), hash);
	digest_hex(hash, sizeof hash, record->said_sha256);
	tellings->parts.teller->aim(tellings->parts.teller_self, work->text, record);
	work->handed_over_boot_ms = now_boot_ms;
	return propose(tellings, work, STEP_CLAIMS, now_boot_ms, error);
}

/* No claim stands, or the one that does was not told. */
static int begin(struct tellings *tellings, struct view_request *request, int64_t now_boot_ms, struct error *error)
{
	const struct threads_entry *entry = entry_of(tellings, request);
	threads_told(entry, &tellings->told);
	request->is_verified = tellings->told.user[0] != '\0';
	int64_t told_boot_ms = entry ? threads_heard_boot_ms(entry) : 0;
	unsigned what = due_now(request, &tellings->told, told_boot_ms, now_boot_ms);
	if (!what) {
		request->untold_offset = RECORD_UNSET;
		drop(tellings, request->work);
		return 0;
	}
	struct telling_work *work = work_of(tellings, request);
	work->what = what;
	return claim(tellings, work, now_boot_ms, error);
}

static void look_up(struct tellings *tellings, struct telling_work *work)
{
	work->step = STEP_LOOKS;
	tellings->parts.teller->look_up(tellings->parts.teller_self, &work->record, work);
}

/* A claim stands. One of ours that nothing is known of was not told: this process only tells what it waited for. */
static int judge_claim(struct tellings *tellings, struct view_request *request, int64_t now_boot_ms,
		       struct error *error)
{
	const struct threads_entry *entry = entry_of(tellings, request);
	struct telling_work *work = work_of(tellings, request);
	threads_claim(entry, &work->record);
	work->may_be_again = work->may_be_again || work->record.may_be_again;
	if (due_is_behind(request, &work->record)) {
		rest(work, now_boot_ms + TELLINGS_RETRY_MS);
		return 0;
	}
	bool is_ours = text_equal(work->record.incarnation, tellings->parts.incarnation);
	if (work->absent_version == threads_version(entry) || (is_ours && work->doubt_version != threads_version(entry)))
		return begin(tellings, request, now_boot_ms, error);
	int64_t over_boot_ms = threads_heard_boot_ms(entry) + TELLINGS_LEASE_MS;
	if (!is_ours && now_boot_ms < over_boot_ms)
		rest(work, over_boot_ms);
	else
		look_up(tellings, work);
	return 0;
}

/* The partition is another's now, or the process is to end. */
static void put_away(struct tellings *tellings, struct telling_work *work)
{
	if (!work)
		return;
	int64_t version = threads_version(entry_of(tellings, work->request));
	if (work->absent_version == version || work->doubt_version == version)
		work->step = STEP_PARKS;
	else
		drop(tellings, work);
}

int tellings_look(struct tellings *tellings, struct view_request *request, int64_t now_boot_ms, struct error *error)
{
	struct telling_work *work = request->work;
	if (work && work->step != STEP_RESTS && work->step != STEP_PARKS)
		return 0;
	if (!tellings->parts.may_begin(tellings->parts.context, request->partition)) {
		put_away(tellings, work);
		return 0;
	}
	if (work && work->step == STEP_RESTS && now_boot_ms < work->until_boot_ms)
		return 0;
	if (!work && tellings->works_count >= TELLINGS_MAX) {
		tellings->is_crowded = true;
		return 0;
	}
	if (threads_has_claim(entry_of(tellings, request)))
		return judge_claim(tellings, request, now_boot_ms, error);
	return begin(tellings, request, now_boot_ms, error);
}

static int look_again(struct tellings *tellings, struct telling_work *work, int64_t now_boot_ms, struct error *error)
{
	rest(work, now_boot_ms);
	return tellings_look(tellings, work->request, now_boot_ms, error);
}

/* `work->record` is the claim, ours or another's. */
static int settle(struct tellings *tellings, struct telling_work *work, const char *message_ts, int64_t now_boot_ms,
		  struct error *error)
{
	struct thread *record = &work->record;
	bool first = !threads_told(entry_of(tellings, work->request), &tellings->told) ||
		     tellings->told.change == THREAD_OPENED;
	record->version++;
	record->change = record->last_word ? THREAD_DONE : first ? THREAD_POSTED : THREAD_SAID;
	if (message_ts[0])
		TEXT_COPY(record->message_ts, message_ts);
	return propose(tellings, work, STEP_SETTLES, now_boot_ms, error);
}

/* Our claim was read back. */
static int claim_heard(struct tellings *tellings, struct telling_work *work, bool counted, int64_t now_boot_ms,
		       struct error *error)
{
	if (!counted)
		return look_again(tellings, work, now_boot_ms, error);
	if (now_boot_ms - work->handed_over_boot_ms >= TELLINGS_ACT_MS) {
		log_warning(NULL, "request %s: the claim came back too late and is made again",
			    work->request->request_id);
		return look_again(tellings, work, now_boot_ms, error);
	}
	const struct telling telling = { &work->record, work->block, work->last_word, work->text };
	work->step = STEP_TELLS;
	tellings->parts.teller->tell(tellings->parts.teller_self, &telling, work);
	return 0;
}

/* Another process settled the same message, which it had looked up; or it told one of its own, and ours is too many. */
static void settle_lost(struct tellings *tellings, const struct telling_work *work)
{
	const struct thread *ours = &work->record;
	threads_told(entry_of(tellings, work->request), &tellings->told);
	if (!work->was_told_here || (text_equal(tellings->told.message_ts, ours->message_ts) &&
				     text_equal(tellings->told.said_sha256, ours->said_sha256)))
		return;
	log_warning(NULL, "request %s was told by another process, too", work->request->request_id);
	tellings->parts.teller->withdraw(tellings->parts.teller_self, ours);
}

static void count_told(unsigned what)
{
	metrics_add(&changes_total, (what & DUE_CHANGE) != 0);
	metrics_add(&progress_total, (what & DUE_PROGRESS) != 0);
	metrics_add(&last_words_total, (what & DUE_LAST_WORD) != 0);
}

static int settle_heard(struct tellings *tellings, struct telling_work *work, bool counted, int64_t now_boot_ms,
			struct error *error)
{
	struct view_request *request = work->request;
	if (counted)
		count_told(work->what);
	else
		settle_lost(tellings, work);
	drop(tellings, work);
	return tellings_look(tellings, request, now_boot_ms, error);
}

int tellings_heard(struct tellings *tellings, const struct thread *record, bool counted, int64_t now_boot_ms,
		   struct error *error)
{
	struct view_request *request = view_find(tellings->parts.view, record->request_id);
	if (!request)
		return 0;
	struct telling_work *work = request->work;
	if (work && work->record.nonce == record->nonce &&
	    text_equal(record->incarnation, tellings->parts.incarnation)) {
		if (work->step == STEP_CLAIMS)
			return claim_heard(tellings, work, counted, now_boot_ms, error);
		if (work->step == STEP_SETTLES)
			return settle_heard(tellings, work, counted, now_boot_ms, error);
	}
	if (!counted)
		return 0;
	if (work && work->step == STEP_RESTS) /* what it waited for may be over */
		work->until_boot_ms = now_boot_ms;
	return tellings_look(tellings, request, now_boot_ms, error);
}

/* Kafka did not take the record: a claim is made anew, a settling is handed over again while nobody came before. */
static int hand_over_again(struct tellings *tellings, struct telling_work *work, int64_t now_boot_ms,
			   struct error *error)
{
	if (work->step == STEP_SETTLES &&
	    threads_version(entry_of(tellings, work->request)) + 1 == work->record.version)
		return propose(tellings, work, STEP_SETTLES, now_boot_ms, error);
	return look_again(tellings, work, now_boot_ms, error);
}

int tellings_given_up(struct tellings *tellings, int64_t nonce, int64_t now_boot_ms, struct error *error)
{
	struct telling_work *work;
	DL_FOREACH(tellings->works, work)
		if (work->record.nonce == nonce && (work->step == STEP_CLAIMS || work->step == STEP_SETTLES))
			return hand_over_again(tellings, work, now_boot_ms, error);
	return 0;
}

static int told(struct tellings *tellings, struct telling_work *work, const struct teller_answer *answer,
		int64_t now_boot_ms, struct error *error)
{
	work->was_told_here = answer->word == TELLER_DONE;
	if (answer->word == TELLER_DONE)
		return settle(tellings, work, answer->message_ts, now_boot_ms, error);
	if (answer->word == TELLER_UNKNOWN) {
		work->doubt_version = work->record.version;
		look_up(tellings, work);
		return 0;
	}
	int64_t wait_ms = answer->error.retry_after_ms;
	log_warning(NULL, "request %s is told later: %s", work->request->request_id, answer->error.text);
	work->absent_version = work->record.version;
	rest(work, now_boot_ms + (wait_ms > TELLINGS_RETRY_MS ? wait_ms : TELLINGS_RETRY_MS));
	return 0;
}

static int looked_up(struct tellings *tellings, struct telling_work *work, const struct teller_answer *answer,
		     int64_t now_boot_ms, struct error *error)
{
	if (threads_version(entry_of(tellings, work->request)) != work->record.version)
		return look_again(tellings, work, now_boot_ms, error);
	if (answer->word == TELLER_DONE)
		return settle(tellings, work, answer->message_ts, now_boot_ms, error);
	if (answer->word == TELLER_NOT && answer->error.kind != ERROR_NONE) {
		rest(work, now_boot_ms + TELLINGS_RETRY_MS);
		return 0;
	}
	work->absent_version = work->record.version;
	work->may_be_again = work->may_be_again || answer->word == TELLER_UNKNOWN;
	rest(work, now_boot_ms);
	return tellings_look(tellings, work->request, now_boot_ms, error);
}

static int take_answers(struct tellings *tellings, int64_t now_boot_ms, struct error *error)
{
	struct teller_answer answer;
	while (tellings->parts.teller->take(tellings->parts.teller_self, &answer)) {
		struct telling_work *work = answer.token;
		if (answer.error.kind == ERROR_BROKEN) {
			*error = answer.error;
			return error_context(error, "%s", tellings->parts.teller->name);
		}
		int result = work->step == STEP_TELLS ? told(tellings, work, &answer, now_boot_ms, error)
						      : looked_up(tellings, work, &answer, now_boot_ms, error);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Something waits for its time: to be looked at, or to be handed over again. */
static bool waits(const struct telling_work *work)
{
	return work->step == STEP_RESTS ||
	       ((work->step == STEP_CLAIMS || work->step == STEP_SETTLES) && work->record.nonce == 0);
}

int tellings_turn(struct tellings *tellings, int64_t now_boot_ms, struct error *error)
{
	struct telling_work *work, *next;
	if (take_answers(tellings, now_boot_ms, error) < 0)
		return -1;
	DL_FOREACH_SAFE(tellings->works, work, next) {
		if (!waits(work) || now_boot_ms < work->until_boot_ms)
			continue;
		int result = work->step == STEP_RESTS
				     ? tellings_look(tellings, work->request, now_boot_ms, error)
				     : hand_over_again(tellings, work, now_boot_ms, error);
		if (result < 0)
			return -1;
	}
	return 0;
}

bool tellings_were_put_off(struct tellings *tellings)
{
	bool were = tellings->is_crowded && tellings->works_count < TELLINGS_MAX / 2;
	if (were)
		tellings->is_crowded = false;
	return were;
}

int64_t tellings_deadline_boot_ms(const struct tellings *tellings)
{
	int64_t deadline_boot_ms = INT64_MAX;
	for (const struct telling_work *work = tellings->works; work; work = work->next)
		if (waits(work) && work->until_boot_ms < deadline_boot_ms)
			deadline_boot_ms = work->until_boot_ms;
	return deadline_boot_ms;
}

size_t tellings_busy(const struct tellings *tellings)
{
	size_t busy = 0;
	for (const struct telling_work *work = tellings->works; work; work = work->next)
		busy += work->step != STEP_RESTS && work->step != STEP_PARKS;
	return busy;
}
