/* Files that appear whole or not at all. Paths beneath a folder are opened by openat2 with RESOLVE_BENEATH, so
 * that the kernel, not a comparison of texts, keeps them inside. After a failure errno is the cause. */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

enum { PATH_SIZE = 4096, FOLDER_MODE = 0750, READ_STEP = 65536 };

/* What an operator has to look for first. */
static enum error_word word_of(int errno_value)
{
	return errno_value == ENOSPC || errno_value == EDQUOT ? WORD_disk_full : WORD_file_failed;
}

#define FAIL(error, ...) error_errno((error), word_of(errno), errno, __VA_ARGS__)

static ssize_t read_some(int fd, void *to, size_t size)
{
	ssize_t got;
	do
		got = read(fd, to, size);
	while (got < 0 && errno == EINTR);
	return got;
}

int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_size, struct error *error)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return FAIL(error, "cannot open %s", path);
	CLEANUP_FREE char *data = NULL;
	size_t room = 0;
	size_t size = 0;
	/* By reading, not by asking for the size: it may grow meanwhile, and is 0 for what the kernel makes. */
	for (;;) {
		if (size + 1 >= room) {
			room = room ? 2 * room : READ_STEP;
			data = memory_resize(data, room, 1);
		}
		ssize_t got = read_some(fd, data + size, room - size - 1);
		if (got < 0)
			return FAIL(error, "cannot read %s", path);
		if (got == 0)
			break;
		size += (size_t)got;
		if (size > maximum) {
			errno = EFBIG;
			return error_set(error, ERROR_INPUT, WORD_file_failed,
					 "%s is larger than the %zu bytes allowed", path, maximum);
		}
	}
	data[size] = '\0';
	*ret_data = data;
	*ret_size = size;
	data = NULL; /* now the caller's */
	return 0;
}

/* fsyncs the folder that holds `path`, so that its entry there outlives a power failure. */
static int sync_parent(const char *path)
{
	char parent[PATH_SIZE];
	TEXT_COPY(parent, path);
	char *slash = strrchr(parent, '/');
	if (!slash)
		TEXT_COPY(parent, ".");
	else
		slash[slash == parent] = '\0';
	CLEANUP_CLOSE int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fsync(fd) : -1;
}

static int make_one_folder(const char *path)
{
	if (mkdir(path, FOLDER_MODE) == 0)
		return sync_parent(path);
	/* Also EROFS, EACCES and the like, which mkdir may prefer to say of a folder that is there. */
	int cause = errno;
	struct stat is;
	if (stat(path, &is) != 0)
		errno = cause;
	else if (S_ISDIR(is.st_mode))
		return 0;
	else
		errno = ENOTDIR;
	return -1;
}

int file_make_folder(const char *path, struct error *error)
{
	char prefix[PATH_SIZE];
	if (path[0] == '\0' || !TEXT_COPY(prefix, path)) {
		errno = path[0] == '\0' ? ENOENT : ENAMETOOLONG;
		return FAIL(error, "cannot make the folder '%s'", path);
	}
	for (char *at = prefix + 1; *at; at++) {
		if (*at != '/' || at[-1] == '/')
			continue;
		*at = '\0';
		if (make_one_folder(prefix) != 0)
			return FAIL(error, "cannot make the folder %s", prefix);
		*at = '/';
	}
	if (make_one_folder(prefix) != 0)
		return FAIL(error, "cannot make the folder %s", path);
	return 0;
}

/* A relative path of plain names: nothing empty, no "." and no "..". */
static bool is_plain(const char *name)
{
	for (const char *at = name;; at++) {
		size_t length = strcspn(at, "/");
		if (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += length;
		if (*at == '\0')
			return strlen(name) < PATH_SIZE;
	}
}

static int check_plain(const char *name, struct error *error)
{
	if (is_plain(name))
		return 0;
	errno = EINVAL;
	return error_set(error, ERROR_INPUT, WORD_file_failed,
			 "the path '%s' must be relative, of plain names, without '..'", name);
}

/* For kernels before 5.6: name by name, following no symbolic link at all. */
static int open_step_by_step(int folder_fd, const char *name, int flags, mode_t mode)
{
	char names[PATH_SIZE];
	TEXT_COPY(names, name);
	char *rest = names;
	int at_fd = folder_fd;
	for (char *slash = strchr(rest, '/'); slash; slash = strchr(rest, '/')) {
		*slash = '\0';
		int next_fd = openat(at_fd, rest, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int cause = errno;
		if (at_fd != folder_fd)
			close(at_fd);
		errno = cause;
		if (next_fd < 0)
			return -1;
		at_fd = next_fd;
		rest = slash + 1;
	}
	int fd = openat(at_fd, rest, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	int cause = errno;
	if (at_fd != folder_fd)
		close(at_fd);
	errno = cause;
	return fd;
}

static int open_beneath(int folder_fd, const char *name, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;
	/* EAGAIN: something was renamed meanwhile and the kernel could not be sure (openat2(2)). */
	do
		fd = (int)syscall(SYS_openat2, folder_fd, name, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN);
	if (fd < 0 && errno == ENOSYS)
		return open_step_by_step(folder_fd, name, flags, mode);
	return fd;
}

/* The folder that holds `name`, for reading; *ret_base is the last name in it. */
static int open_parent(int folder_fd, const char *name, const char **ret_base)
{
	const char *slash = strrchr(name, '/');
	*ret_base = slash ? slash + 1 : name;
	char parent[PATH_SIZE];
	text_copy_bytes(parent, sizeof parent, slash ? name : ".", slash ? (size_t)(slash - name) : 1);
	return open_beneath(folder_fd, parent, O_RDONLY | O_DIRECTORY, 0);
}

static int make_folder_beneath(int folder_fd, const char *name)
{
	const char *base;
	CLEANUP_CLOSE int parent_fd = open_parent(folder_fd, name, &base);
	if (parent_fd < 0)
		return -1;
	return mkdirat(parent_fd, base, FOLDER_MODE) == 0 || errno == EEXIST ? 0 : -1;
}

int file_create_beneath(int folder_fd, const char *name, mode_t mode, int *ret_fd, struct error *error)
{
	if (check_plain(name, error) != 0)
		return -1;
	char prefix[PATH_SIZE];
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		text_copy_bytes(prefix, sizeof prefix, name, (size_t)(slash - name));
		if (make_folder_beneath(folder_fd, prefix) != 0)
			return FAIL(error, "cannot make the folder %s", prefix);
	}
	int fd = open_beneath(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NOCTTY, mode);
	if (fd < 0)
		return FAIL(error, "cannot create the file %s", name);
	*ret_fd = fd;
	return 0;
}

static int rename_to(int from_fd, const char *from, int to_fd, const char *to, bool replace)
{
	if (replace)
		return renameat(from_fd, from, to_fd, to);
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without RENAME_NOREPLACE (NFS): a hard link is refused where the name exists. */
	if (linkat(from_fd, from, to_fd, to, 0) != 0)
		return -1;
	return unlinkat(from_fd, from, 0);
}

/* fsyncs each folder from the one that holds `name` up to `folder_fd`: one on the way may be new itself. */
static int sync_folders(int folder_fd, const char *name)
{
	char path[PATH_SIZE];
	TEXT_COPY(path, name);
	for (;;) {
		const char *base;
		CLEANUP_CLOSE int fd = open_parent(folder_fd, path, &base);
		if (fd < 0 || fsync(fd) != 0)
			return -1;
		if (base == path)
			return 0;
		path[base - path - 1] = '\0';
	}
}

int file_publish(int folder_fd, int fd, const char *temporary, const char *final, bool replace, struct error *error)
{
	if (check_plain(temporary, error) != 0 || check_plain(final, error) != 0)
		return -1;
	/* The data before the name: after a power failure a name that is there has its bytes. */
	if (fsync(fd) != 0)
		return FAIL(error, "cannot write %s to the disk", temporary);
	const char *from;
	const char *to;
	CLEANUP_CLOSE int from_fd = open_parent(folder_fd, temporary, &from);
	if (from_fd < 0)
		return FAIL(error, "cannot open the folder of %s", temporary);
	CLEANUP_CLOSE int to_fd = open_parent(folder_fd, final, &to);
	if (to_fd < 0)
		return FAIL(error, "cannot open the folder of %s", final);
	if (rename_to(from_fd, from, to_fd, to, replace) != 0)
		return FAIL(error, "cannot rename %s to %s", temporary, final);
	if (sync_folders(folder_fd, final) != 0)
		return FAIL(error, "%s has its name, but its folder cannot be written to the disk", final);
	return 0;
}

int file_write_all(int fd, const void *data, size_t size, struct error *error)
{
	const char *at = data;
	while (size > 0) {
		ssize_t written = write(fd, at, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return FAIL(error, "cannot write %zu bytes", size);
		at += written;
		size -= (size_t)written;
	}
	return 0;
}
