/* Secrets are files. Whatever held one is wiped, and no error text quotes what was read. */
#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"

enum { SECRET_MAX = 4096 };

static char *refuse(const char *path, const char *why, struct error *error)
{
	error_set(error, ERROR_BROKEN, WORD_config_invalid, "cannot take the secret file %s: %s", path, why);
	return NULL;
}

static void warn_if_open_to_others(int fd, const char *path)
{
	struct stat is;
	if (fstat(fd, &is) == 0 && (is.st_mode & S_IROTH))
		log_warning(NULL, "the secret file %s can be read by everybody on this machine: chmod o-r it", path);
}

/* Up to `size` bytes; -1 with errno. */
static ssize_t read_up_to(int fd, char *to, size_t size)
{
	size_t have = 0;
	while (have < size) {
		ssize_t got = read(fd, to + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static char *first_line(const char *path, char *data, size_t size, struct error *error)
{
	char *end = memchr(data, '\n', size);
	size_t length = end ? (size_t)(end - data) : size;
	if (length > 0 && data[length - 1] == '\r')
		length--;
	if (length == 0)
		return refuse(path, "its first line is empty", error);
	if (length > SECRET_MAX)
		return refuse(path, "its first line is longer than 4096 bytes", error);
	if (memchr(data, '\0', length))
		return refuse(path, "its first line holds a NUL byte", error);
	char *secret = memory_new(length + 1);
	memcpy(secret, data, length);
	return secret;
}

char *secret_read(const char *path, struct error *error)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse(path, strerrordesc_np(errno), error);
	/* Two more than the maximum: a line end of CR LF. */
	char data[SECRET_MAX + 2];
	ssize_t size = read_up_to(fd, data, sizeof data);
	char *secret;
	if (size < 0) {
		secret = refuse(path, strerrordesc_np(errno), error);
	} else {
		warn_if_open_to_others(fd, path);
		secret = first_line(path, data, (size_t)size, error);
	}
	explicit_bzero(data, sizeof data);
	return secret;
}

void secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
