/* Standard output as a teller. Its one idea: what is told goes out in one write at the end of a file whose length the
 * claim has noted, so that it can be found there again. */
#include "telling/console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "core/memory.h"
#include "core/text.h"
#include "packets/digest.h"

/* What is read on from a claim's place; more than that is not looked through. */
enum { LOOK_SIZE = 1 << 20 };

struct answer {
	struct teller_answer answer;
	struct answer *prev, *next;
};

struct console {
	struct answer *answers;
};

struct place {
	uint64_t device, inode, size, length;
};

static int not_writable(struct error *error)
{
	return error_errno(error, WORD_file_failed, errno, "standard output, where requesters are told");
}

static void *console_open(const struct config *config, struct error *error)
{
	(void)config;
	if (fcntl(STDOUT_FILENO, F_GETFL) >= 0)
		return memory_new(sizeof(struct console));
	not_writable(error);
	return NULL;
}

static void console_close(void *self)
{
	struct console *console = self;
	struct answer *answer, *next;
	DL_FOREACH_SAFE(console->answers, answer, next)
		free(answer);
	free(console);
}

static struct teller_answer *say(struct console *console, void *token, enum teller_word word)
{
	struct answer *answer = memory_new(sizeof *answer);
	answer->answer.token = token;
	answer->answer.word = word;
	DL_APPEND(console->answers, answer);
	return &answer->answer;
}

static bool console_take(void *self, struct teller_answer *ret_answer)
{
	struct console *console = self;
	struct answer *first = console->answers;
	if (!first)
		return false;
	DL_DELETE(console->answers, first);
	*ret_answer = first->answer;
	free(first);
	return true;
}

static int console_fd(const void *self)
{
	(void)self;
	return -1;
}

static void console_aim(void *self, const char *text, struct thread *claim)
{
	struct stat status;
	(void)self;
	claim->channel[0] = claim->thread_ts[0] = claim->message_ts[0] = '\0';
	if (fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode))
		TEXT_FORMAT(claim->message_ts, "%" PRIx64 ":%" PRIx64 ":%" PRIx64 ":%zx", (uint64_t)status.st_dev,
			    (uint64_t)status.st_ino, (uint64_t)status.st_size, strlen(text));
}

/* Part of it may be out when a write fails: it is told again whole, and has its own line's end. */
static void console_tell(void *self, const struct telling *telling, void *token)
{
	const char *rest = telling->text;
	while (*rest) {
		ssize_t written = write(STDOUT_FILENO, rest, strlen(rest));
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			not_writable(&say(self, token, TELLER_NOT)->error);
			return;
		}
		rest += written;
	}
	say(self, token, TELLER_DONE);
}

static bool read_place(const char *text, struct place *ret_place)
{
	return sscanf(text, "%" SCNx64 ":%" SCNx64 ":%" SCNx64 ":%" SCNx64, &ret_place->device, &ret_place->inode,
		      &ret_place->size, &ret_place->length) == 4;
}

/* From the place to the file's end. NULL where that cannot be had: it is another file, or was cut since. */
static char *read_on(const struct place *place, size_t *ret_size)
{
	struct stat status;
	CLEANUP_CLOSE int fd = open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_dev != place->device ||
	    (uint64_t)status.st_ino != place->inode || (uint64_t)status.st_size < place->size)
		return NULL;
	uint64_t behind = (uint64_t)status.st_size - place->size;
	if (behind > LOOK_SIZE)
		behind = LOOK_SIZE;
	char *data = memory_new(behind + 1);
	ssize_t size = pread(fd, data, behind, (off_t)place->size);
	if (size >= 0) {
		*ret_size = (size_t)size;
		return data;
	}
	free(data);
	return NULL;
}

static bool is_it(const char *at, size_t length, const char *sha256)
{
	uint8_t hash[DIGEST_SHA256_SIZE];
	char hex[DIGEST_SHA256_HEX_SIZE];
	digest_sha256(at, length, hash);
	digest_hex(hash, sizeof hash, hex);
	return text_equal(hex, sha256);
}

/* It begins where the file ended, or behind what others wrote meanwhile: behind an empty line. */
static bool is_there(const char *data, size_t size, const struct place *place, const char *sha256)
{
	for (size_t at = 0; place->length > 0 && place->length <= size && at <= size - place->length; at++) {
		bool is_begin = at == 0 || (data[at - 1] == '\n' && (at == 1 || data[at - 2] == '\n'));
		if (is_begin && is_it(data + at, place->length, sha256))
			return true;
	}
	return false;
}

static void console_look_up(void *self, const struct thread *claim, void *token)
{
	struct place place;
	size_t size;
	CLEANUP_FREE char *data = read_place(claim->message_ts, &place) ? read_on(&place, &size) : NULL;
	if (!data)
		say(self, token, TELLER_UNKNOWN);
	else
		say(self, token, is_there(data, size, &place, claim->said_sha256) ? TELLER_DONE : TELLER_NOT);
}

/* What stands there stays. */
static void console_withdraw(void *self, const struct thread *told)
{
	(void)self;
	(void)told;
}

const struct teller console_teller = {
	.name = "console",
	.style = &thread_style_plain,
	.open = console_open,
	.close = console_close,
	.aim = console_aim,
	.tell = console_tell,
	.look_up = console_look_up,
	.take = console_take,
	.fd = console_fd,
	.withdraw = console_withdraw,
};
