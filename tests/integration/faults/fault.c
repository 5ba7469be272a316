/* Stops, kills or fails a process of ours at the n-th call of something, so that a test can stand between any two of
 * its steps. Preloaded; the product knows nothing of it. FAULT holds rules, separated by ';', each of words:
 *
 *   do=kill|stop|ENOSPC|EIO   what happens: SIGKILL, SIGSTOP, or the call fails so without being made
 *   call=produce|consume|rename|fsync|unlink|connect
 *   topic=NAME                produce, consume: the topic without its prefix
 *   where=HEADER=VALUE        produce, consume: only records with that header
 *   path=TEXT                 rename, fsync, unlink: only paths that contain it
 *   nth=N                     the N-th call that matches (1)
 *   when=after                after the call, not before it
 *
 * consume is the moment when a record is handed to the program. A rule is spent when it was obeyed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES = 8, WORD = 128 };

static struct rule {
	char action[WORD], call[WORD], topic[WORD], header[WORD], value[WORD], path[WORD];
	long nth;
	bool after;
	atomic_long seen;
} rules[RULES];
static size_t rules_count;

static void die(const char *what, const char *word)
{
	fprintf(stderr, "fault: %s: %s\n", what, word);
	_exit(99);
}

static void set(char to[static WORD], const char *text)
{
	if (strlen(text) >= WORD)
		die("too long", text);
	strcpy(to, text);
}

static void take_word(struct rule *rule, char *word)
{
	char *value = strchr(word, '=');
	if (!value)
		die("no value", word);
	*value++ = '\0';
	if (strcmp(word, "do") == 0) {
		set(rule->action, value);
	} else if (strcmp(word, "call") == 0) {
		set(rule->call, value);
	} else if (strcmp(word, "topic") == 0) {
		set(rule->topic, value);
	} else if (strcmp(word, "path") == 0) {
		set(rule->path, value);
	} else if (strcmp(word, "nth") == 0) {
		rule->nth = strtol(value, NULL, 10);
	} else if (strcmp(word, "when") == 0) {
		rule->after = strcmp(value, "after") == 0;
	} else if (strcmp(word, "where") == 0) {
		char *equals = strchr(value, '=');
		if (!equals)
			die("where needs HEADER=VALUE", value);
		*equals = '\0';
		set(rule->header, value);
		set(rule->value, equals + 1);
	} else {
		die("there is no word", word);
	}
}

__attribute__((constructor)) static void read_rules(void)
{
	const char *given = getenv("FAULT");
	char *text = given ? strdup(given) : NULL, *more = text, *rest;
	for (char *one; more && (one = strsep(&more, ";"));) {
		if (rules_count == RULES)
			die("too many rules", one);
		struct rule *rule = &rules[rules_count++];
		rule->nth = 1;
		for (char *word = strtok_r(one, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			take_word(rule, word);
		if (!rule->action[0] || !rule->call[0])
			die("a rule needs do= and call=", given);
	}
	free(text);
}

/* What a call is about. */
struct about {
	const char *call, *topic, *path;
	const rd_kafka_headers_t *headers;
};

static bool has_header(const rd_kafka_headers_t *headers, const struct rule *rule)
{
	const void *value;
	size_t size;
	return headers && !rd_kafka_header_get_last(headers, rule->header, &value, &size) &&
	       size == strlen(rule->value) && memcmp(value, rule->value, size) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);
	return size >= end_size && strcmp(text + size - end_size, end) == 0 &&
	       (size == end_size || text[size - end_size - 1] == '.');
}

static bool concerns(const struct rule *rule, const struct about *about)
{
	return strcmp(rule->call, about->call) == 0 &&
	       (!rule->topic[0] || (about->topic && ends_with(about->topic, rule->topic))) &&
	       (!rule->header[0] || has_header(about->headers, rule)) &&
	       (!rule->path[0] || (about->path && strstr(about->path, rule->path)));
}

static int obey(const struct rule *rule, const struct about *about)
{
	fprintf(stderr, "fault: %s %s %s %s\n", rule->action, rule->after ? "after" : "before", about->call,
		about->topic ? about->topic : about->path ? about->path : "");
	if (strcmp(rule->action, "kill") == 0)
		kill(getpid(), SIGKILL);
	else if (strcmp(rule->action, "stop") == 0)
		kill(getpid(), SIGSTOP);
	else
		return strcmp(rule->action, "ENOSPC") == 0 ? ENOSPC : EIO;
	return 0;
}

/* 0: go on; else the errno with which the call fails. */
static int look(const struct about *about, bool after)
{
	int failed = 0;
	for (size_t i = 0; i < rules_count; i++)
		if (rules[i].after == after && concerns(&rules[i], about) &&
		    atomic_fetch_add(&rules[i].seen, 1) + 1 == rules[i].nth)
			failed = obey(&rules[i], about);
	return failed;
}

#define REAL(name) ((__typeof__(&(name)))real(#name))

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		die("not found", name);
	return found;
}

rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *rk, const rd_kafka_vu_t *parts, size_t count)
{
	struct about about = { .call = "produce" };
	for (size_t i = 0; i < count; i++) {
		if (parts[i].vtype == RD_KAFKA_VTYPE_TOPIC)
			about.topic = parts[i].u.cstr;
		else if (parts[i].vtype == RD_KAFKA_VTYPE_HEADERS)
			about.headers = parts[i].u.headers;
	}
	/* What a rule after the call is about must still be there: it is librdkafka's then. */
	rd_kafka_headers_t *headers = about.headers ? rd_kafka_headers_copy(about.headers) : NULL;
	char *topic = about.topic ? strdup(about.topic) : NULL;
	look(&about, false);
	rd_kafka_error_t *answer = REAL(rd_kafka_produceva)(rk, parts, count);
	about.topic = topic;
	about.headers = headers;
	look(&about, true);
	if (headers)
		rd_kafka_headers_destroy(headers);
	free(topic);
	return answer;
}

rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *rk, int timeout_ms)
{
	rd_kafka_message_t *message = REAL(rd_kafka_consumer_poll)(rk, timeout_ms);
	if (!message || message->err)
		return message;
	rd_kafka_headers_t *headers = NULL;
	(void)rd_kafka_message_headers(message, &headers);
	const struct about about = { .call = "consume", .topic = rd_kafka_topic_name(message->rkt), .headers = headers };
	look(&about, false);
	return message;
}

static int fail_with(int failed)
{
	errno = failed;
	return -1;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	const struct about about = { .call = "rename", .path = to };
	int failed = look(&about, false);
	if (failed)
		return fail_with(failed);
	int answer = REAL(renameat)(from_fd, from, to_fd, to);
	look(&about, true);
	return answer;
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	const struct about about = { .call = "rename", .path = to };
	int failed = look(&about, false);
	if (failed)
		return fail_with(failed);
	int answer = REAL(renameat2)(from_fd, from, to_fd, to, flags);
	look(&about, true);
	return answer;
}

int unlinkat(int fd, const char *path, int flags)
{
	const struct about about = { .call = "unlink", .path = path };
	int failed = look(&about, false);
	if (failed)
		return fail_with(failed);
	int answer = REAL(unlinkat)(fd, path, flags);
	look(&about, true);
	return answer;
}

static const char *path_of(int fd, char path[static PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, PATH_MAX - 1);
	path[size < 0 ? 0 : size] = '\0';
	return path;
}

int fsync(int fd)
{
	char path[PATH_MAX];
	const struct about about = { .call = "fsync", .path = path_of(fd, path) };
	int failed = look(&about, false);
	if (failed)
		return fail_with(failed);
	int answer = REAL(fsync)(fd);
	look(&about, true);
	return answer;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	const struct about about = { .call = "connect" };
	int failed = look(&about, false);
	if (failed)
		return fail_with(failed);
	int answer = REAL(connect)(fd, address, size);
	look(&about, true);
	return answer;
}
