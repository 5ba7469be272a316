/* May this text be a filter? The cheap rules first, then libpcap's own compiler in a thread of its own: a filter can
 * keep it busy for seconds, and nobody who must answer can wait for that.
 *
 * Caller and thread share a job; who is last to leave it frees it. A caller that has waited long enough leaves, and
 * the thread ends by itself. */
#include "admission/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admission/filter_words.h"
#include "core/memory.h"
#include "core/text.h"
#include "record/names.h"

struct job {
	char *filter;
	int link_type;
	pthread_mutex_t lock;      /* all below */
	pthread_cond_t finished;
	bool done;
	bool abandoned;
	bool failed;
	char message[PCAP_ERRBUF_SIZE];
	unsigned instructions;
};

static atomic_int abandoned_jobs;

/* How a refusal shows the filter. */
static int refuse(struct error *error, const char *filter, const char *why)
{
	bool long_one = strlen(filter) > 120;
	return error_set(error, ERROR_INPUT, WORD_filter_invalid, "I can't read the filter `%.120s%s`: %s", filter,
			 long_one ? "…" : "", why);
}

/* LINKTYPE_… in files and DLT_… in libpcap's calls are the same number, but for what was numbered before there were
 * LINKTYPE_… (https://www.tcpdump.org/linktypes.html). */
static int to_dlt(int64_t link_type)
{
	switch (link_type) {
	case RECORD_UNSET:
		return DLT_EN10MB;
	case 100:
		return DLT_ATM_RFC1483;
	case 101:
		return DLT_RAW;
	default:
		return (int)link_type;
	}
}

static struct job *job_new(const char *filter, int64_t link_type)
{
	struct job *job = memory_new(sizeof(*job));
	job->filter = memory_text(filter);
	job->link_type = to_dlt(link_type);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&job->finished, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&job->lock, NULL);
	return job;
}

static void job_free(struct job *job)
{
	pthread_cond_destroy(&job->finished);
	pthread_mutex_destroy(&job->lock);
	free(job->filter);
	free(job);
}

/* Before optimising, because that is what takes the time, and what a kernel without an optimiser would be given. */
static bool compile(const struct job *job, char *message, unsigned *ret_instructions)
{
	pcap_t *pcap = pcap_open_dead(job->link_type, 262144);
	struct bpf_program program;
	if (!pcap) {
		text_copy(message, PCAP_ERRBUF_SIZE, "out of memory");
		return false;
	}
	bool compiled = pcap_compile(pcap, &program, job->filter, 0, PCAP_NETMASK_UNKNOWN) == 0;
	if (compiled) {
		*ret_instructions = program.bf_len;
		pcap_freecode(&program);
	} else {
		text_copy(message, PCAP_ERRBUF_SIZE, pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return compiled;
}

static void *run(void *context)
{
	struct job *job = context;
	char message[PCAP_ERRBUF_SIZE] = "";
	unsigned instructions = 0;
	bool compiled = compile(job, message, &instructions);

	pthread_mutex_lock(&job->lock);
	job->done = true;
	job->failed = !compiled;
	job->instructions = instructions;
	TEXT_COPY(job->message, message);
	bool last = job->abandoned;
	pthread_cond_signal(&job->finished);
	pthread_mutex_unlock(&job->lock);
	if (last) {
		job_free(job);
		atomic_fetch_sub(&abandoned_jobs, 1);
	}
	return NULL;
}

/* True where it has finished; otherwise it is the thread's from now on. */
static bool wait_for(struct job *job)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FILTER_COMPILE_MS / 1000;
	int waited = 0;
	pthread_mutex_lock(&job->lock);
	while (!job->done && waited == 0)
		waited = pthread_cond_timedwait(&job->finished, &job->lock, &until);
	bool done = job->done;
	if (!done) {
		job->abandoned = true;
		atomic_fetch_add(&abandoned_jobs, 1);
	}
	pthread_mutex_unlock(&job->lock);
	return done;
}

/* libpcap's sentences, where ours can be better. */
static int refuse_compiled(const struct job *job, struct error *error)
{
	char why[PCAP_ERRBUF_SIZE + 64];
	bool no_more_than_that = strstr(job->message, "syntax error") != NULL;
	if (no_more_than_that && filter_words_explain(job->filter, why, sizeof(why)))
		return refuse(error, job->filter, why);
	if (no_more_than_that)
		TEXT_FORMAT(why, "its words are right, but not in this order");
	else if (strstr(job->message, "Mask syntax for networks only"))
		TEXT_FORMAT(why, "a mask belongs to a network, write `net` in front of the address");
	else
		TEXT_FORMAT(why, "libpcap says: %s", job->message);
	return refuse(error, job->filter, why);
}

static int judge(const struct job *job, struct error *error)
{
	if (job->failed)
		return refuse_compiled(job, error);
	if (job->instructions > FILTER_INSTRUCTIONS_MAX) {
		char why[128];
		TEXT_FORMAT(why, "it compiles to %u instructions, above the limit of %d", job->instructions,
			    FILTER_INSTRUCTIONS_MAX);
		return refuse(error, job->filter, why);
	}
	return 0;
}

static int check_text(const char *filter, struct error *error)
{
	char why[160];
	size_t size = strnlen(filter, FILTER_BYTES_MAX + 1);
	if (size > FILTER_BYTES_MAX) {
		TEXT_FORMAT(why, "it is longer than %d bytes", FILTER_BYTES_MAX);
		return refuse(error, filter, why);
	}
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)filter[i];
		if (byte < 0x20 || byte > 0x7e)
			return refuse(error, filter, byte & 0x80 ? "it holds a character that is not ASCII"
								 : "it holds a control character");
	}
	if (filter[strspn(filter, " ")] == '-')
		return refuse(error, filter, "it begins with `-`");
	struct error word;
	return filter_words_check(filter, &word) < 0 ? refuse(error, filter, word.text) : 0;
}

int filter_check(const char *filter, int64_t link_type, struct error *error)
{
	if (check_text(filter, error) < 0)
		return -1;
	if (!filter[strspn(filter, " ")])
		return 0;
	if (atomic_load(&abandoned_jobs) >= FILTER_ABANDONED_MAX)
		return error_set(error, ERROR_AWAY, WORD_filter_busy,
				 "filters that take long are still being compiled; ask again in a minute");
	struct job *job = job_new(filter, link_type);
	pthread_t thread;
	int failure = pthread_create(&thread, NULL, run, job);
	if (failure) {
		job_free(job);
		return error_errno(error, WORD_system_failed, failure, "no thread to compile the filter in");
	}
	pthread_detach(thread);
	if (!wait_for(job))
		return refuse(error, filter, "compiling it takes longer than 2 s");
	int result = judge(job, error);
	job_free(job);
	return result;
}
