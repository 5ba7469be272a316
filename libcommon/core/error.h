/* What went wrong, in a form that a loop can act on and a person can read.
 *
 * A function that can fail returns 0 or -1 (or a pointer or NULL), takes its outputs, untouched on failure, and
 * a `struct error *` last. The struct lives on the caller's stack and holds nothing to free. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdint.h>

/* Kinds say what is true; the loop that meets one decides what to do about it. */
enum error_kind {
	ERROR_NONE,
	ERROR_INPUT,   /* the same input fails again: refuse it, or dead-letter it */
	ERROR_AWAY,    /* a peer or a resource is missing now; later may work */
	ERROR_UNKNOWN, /* it may have happened: look it up, never repeat blindly */
	ERROR_BROKEN,  /* our own set-up is wrong: a restart will not help */
	ERROR_STOPPED, /* somebody asked for it */
};

/* The machine words for what can go wrong: in results, events, metrics and the runbook. One table; each row is
 * the word and what it means. Once released a word keeps its meaning. */
#define ERROR_WORDS(X)                                                                                         \
	X(none, "nothing went wrong")                                                                          \
	X(argument_invalid, "a word of the command line or the chat command is wrong")                         \
	X(busy, "the target is busy and the request said if_busy=reject")                                      \
	X(queue_full, "as many requests wait for the target as queue_max_per_target allows")                   \
	X(bytes_limit, "the capture reached its limit of bytes")                                               \
	X(cancelled, "somebody discarded the capture")                                                         \
	X(chunk_corrupt, "a chunk's checksum does not match its packets")                                      \
	X(config_invalid, "the configuration or the inventory is wrong")                                       \
	X(disk_full, "no space is left for the file")                                                          \
	X(end_missing, "the capture's chunks stop without an end")                                             \
	X(expired, "the request waited longer than it wanted to, or than 24 hours")                            \
	X(file_failed, "a file could not be read or written")                                                  \
	X(filter_busy, "too many filters that take long are being compiled")                                   \
	X(filter_invalid, "the filter cannot be read, or breaks a rule")                                       \
	X(interface_down, "the interface is down")                                                             \
	X(interface_gone, "the interface disappeared during the capture")                                      \
	X(interface_missing, "there is no such interface")                                                     \
	X(kafka_away, "Kafka does not answer")                                                                 \
	X(kafka_invalid, "Kafka is set up in a way that capbus cannot work with")                              \
	X(kafka_refused, "Kafka refused: authorization or authentication")                                     \
	X(limit_exceeded, "a limit of the request is above what is allowed")                                   \
	X(no_permission, "the process may not capture there")                                                  \
	X(no_worker, "no worker could serve the target in time")                                               \
	X(out_of_memory, "a bounded amount of memory is used up")                                              \
	X(packets_missing, "chunks of the capture are missing")                                                \
	X(peer_invalid, "a peer said something that its protocol does not allow")                              \
	X(record_invalid, "a record cannot be read")                                                           \
	X(replaced, "another request took the capture's place on its target")                                  \
	X(schema_unknown, "the schema of a record is not known")                                               \
	X(shutdown, "the worker was told to end while the capture ran")                                        \
	X(stopped, "somebody stopped the capture and kept it")                                                 \
	X(system_failed, "the operating system refused something it should grant")                             \
	X(target_disabled, "the target is closed for captures")                                                \
	X(target_unknown, "no target has that name")                                                           \
	X(worker_lost, "the worker that captured died or could not be reached")                                \
	X(kafka_lost, "the worker could not reach Kafka for too long while it captured")                       \
	X(worker_full, "the worker has no room for another capture")

enum error_word {
#define X(word, meaning) WORD_##word,
	ERROR_WORDS(X)
#undef X
	ERROR_WORD_COUNT
};

struct error {
	enum error_kind kind;
	enum error_word word;
	int64_t retry_after_ms; /* with ERROR_AWAY: when the peer said it wants to be asked again; else 0 */
	char text[512];         /* one sentence without its full stop; control characters are escaped */
};

const char *error_word_name(enum error_word word);
const char *error_word_meaning(enum error_word word);
/* WORD_none for a name that no row has. */
enum error_word error_word_from_name(const char *name);
const char *error_kind_name(enum error_kind kind);

/* Fills `error` (which may be NULL) and returns -1, so that `return error_set(…)` ends a function. */
int error_set(struct error *error, enum error_kind kind, enum error_word word, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with ": " and strerror(errno_value) behind it; the kind follows from errno_value: no space, no
 * memory and "try again" are AWAY, everything else BROKEN. */
int error_errno(struct error *error, enum error_word word, int errno_value, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "CONTEXT: " before the text, on the way up; returns -1. */
int error_context(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
