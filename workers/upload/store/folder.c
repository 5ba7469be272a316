/* Copies a finished file into a directory. What is copied is held against its SHA-256 on the way, so that what has
 * its name is what the result says. */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "packets/digest.h"
#include "spool.h"
#include "store/name.h"

#define INCOMING ".incoming"

enum {
	COPY_BYTES = 1024 * 1024,
	TEMPORARY_SIZE = sizeof INCOMING + RECORD_ID_SIZE + 16,
	FILE_MODE = 0640,
	FOLDER_MODE = 0750,
};

static const int64_t LEFTOVER_MS = 24 * 3600 * 1000; /* no copy takes that long */

struct folder {
	int fd;
	char *directory;             /* as configured */
	char base[RECORD_LINK_SIZE]; /* of links, without a slash at its end */
	uint32_t nonce;              /* so that two processes never write one temporary file */
	uint8_t *buffer;
};

int folder_writable(const struct config *config, const char **ret_path, struct error *error)
{
	if (config_require(config, "folder", "directory", error) < 0)
		return -1;
	*ret_path = config_text(config, "folder", "directory");
	return 0;
}

/* [folder] url, or where the directory really is. */
static int find_base(struct folder *folder, const struct config *config, struct error *error)
{
	const char *url = config_text(config, "folder", "url");
	const char *directory = config_text(config, "folder", "directory");
	CLEANUP_FREE char *path = realpath(directory, NULL);
	if (!path)
		return error_errno(error, WORD_file_failed, errno, "cannot find the folder %s", directory);
	const char *base = url[0] ? url : path;
	size_t size = strlen(base);
	while (size > 0 && base[size - 1] == '/')
		size--;
	if (size + 1 + NAME_SIZE > sizeof folder->base)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "%s: [folder] %s is too long: with a file's name a link has at most %d bytes",
				 config_where(config, "folder", url[0] ? "url" : "directory"),
				 url[0] ? "url" : "directory", RECORD_LINK_SIZE - 1);
	text_copy_bytes(folder->base, sizeof folder->base, base, size);
	return 0;
}

/* What died while it copied. Whatever goes wrong here harms nobody. */
static void remove_leftovers(const struct folder *folder)
{
	int fd = openat(folder->fd, INCOMING, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *incoming = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct stat is;
	if (!incoming) {
		memory_closep(&fd);
		return;
	}
	while ((entry = readdir(incoming)) != NULL)
		if (fstatat(fd, entry->d_name, &is, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(is.st_mode) &&
		    clock_wall_ms() - is.st_mtime * 1000 > LEFTOVER_MS && unlinkat(fd, entry->d_name, 0) == 0)
			log_info(NULL, "removed " INCOMING "/%s from the folder: nobody writes it any more",
				 entry->d_name);
	closedir(incoming);
}

void *folder_open(const struct config *config, struct error *error)
{
	struct folder *folder = memory_new(sizeof *folder);
	const char *directory = config_text(config, "folder", "directory");
	folder->buffer = memory_new(COPY_BYTES);
	folder->directory = memory_text(directory);
	folder->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = folder->fd >= 0 ? find_base(folder, config, error) :
		     error_errno(error, WORD_file_failed, errno, "cannot open the folder %s", directory);
	if (getrandom(&folder->nonce, sizeof folder->nonce, 0) != sizeof folder->nonce)
		abort();
	if (result < 0) {
		folder_close(folder);
		return NULL;
	}
	remove_leftovers(folder);
	return folder;
}

void folder_close(void *self)
{
	struct folder *folder = self;
	memory_closep(&folder->fd);
	free(folder->directory);
	free(folder->buffer);
	free(folder);
}

/* In the directory itself: that is where the days' folders must be made. */
int folder_check(void *self, struct error *error)
{
	struct folder *folder = self;
	char name[TEMPORARY_SIZE];
	CLEANUP_CLOSE int fd = -1;
	TEXT_FORMAT(name, ".check.%08x", folder->nonce);
	if (file_create_beneath(folder->fd, name, FILE_MODE, &fd, error) < 0)
		return error_context(error, "the folder %s cannot be written to", folder->base);
	int result = file_write_all(fd, "", 1, error);
	unlinkat(folder->fd, name, 0);
	return result < 0 ? error_context(error, "the folder %s cannot be written to", folder->base) : 0;
}

static ssize_t read_at(int fd, void *to, size_t size, int64_t at)
{
	ssize_t got;
	do
		got = pread(fd, to, size, at);
	while (got < 0 && errno == EINTR);
	return got;
}

static int copy(struct folder *folder, const struct store_file *file, int to_fd, struct error *error)
{
	CLEANUP(digest_freep) struct digest *digest = digest_new();
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char found[DIGEST_SHA256_HEX_SIZE];
	ssize_t got;
	for (int64_t at = 0; (got = read_at(file->fd, folder->buffer, COPY_BYTES, at)) > 0; at += got) {
		digest_update(digest, folder->buffer, (size_t)got);
		if (file_write_all(to_fd, folder->buffer, (size_t)got, error) < 0)
			return -1;
	}
	if (got < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot read the spool");
	digest_final(digest, sha256);
	digest_hex(sha256, sizeof sha256, found);
	if (!text_equal(found, file->sha256))
		return error_set(error, ERROR_AWAY, WORD_file_failed,
				 "the file in the spool is no longer the one that was written there");
	return 0;
}

/* 1: it is there, and of this capture. 0: it is not there. */
static int look(const struct folder *folder, const struct store_file *file, const char *name, struct error *error)
{
	CLEANUP_CLOSE int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot look at %s", name);
	if (spool_is_of(fd, file->capture_id))
		return 1;
	return error_set(error, ERROR_INPUT, WORD_file_failed, "%s is there already and not of this capture", name);
}

static int make_day(const struct folder *folder, const char *name, struct error *error)
{
	char day[NAME_SIZE];
	text_copy_bytes(day, sizeof day, name, strcspn(name, "/"));
	if (mkdirat(folder->fd, day, FOLDER_MODE) == 0 || errno == EEXIST)
		return 0;
	return error_errno(error, errno == ENOSPC ? WORD_disk_full : WORD_file_failed, errno,
			   "cannot make the folder %s", day);
}

/* Where it was removed, or something is mounted over it by now, a file would get a link under which nobody finds it. */
static int check_place(const struct folder *folder, struct error *error)
{
	struct stat opened, named;
	if (fstat(folder->fd, &opened) < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot look at the folder %s", folder->directory);
	if (stat(folder->directory, &named) == 0 && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
		return 0;
	return error_set(error, ERROR_AWAY, WORD_file_failed,
			 "the folder %s was removed or something is mounted over it since this process opened it: "
			 "restart it when the right one is there", folder->directory);
}

static int put(struct folder *folder, const struct store_file *file, const char *name, const char *temporary,
	       struct error *error)
{
	CLEANUP_CLOSE int fd = -1;
	int there = check_place(folder, error) < 0 ? -1 : look(folder, file, name, error);
	if (there < 0 || make_day(folder, name, error) < 0 ||
	    file_create_beneath(folder->fd, temporary, FILE_MODE, &fd, error) < 0)
		return -1;
	if (copy(folder, file, fd, error) == 0 &&
	    file_publish(folder->fd, fd, temporary, name, there == 1, error) == 0)
		return 0;
	unlinkat(folder->fd, temporary, 0);
	return -1;
}

int folder_put(void *self, const struct store_file *file, struct store_place *ret_place, struct error *error)
{
	struct folder *folder = self;
	char name[NAME_SIZE], temporary[TEMPORARY_SIZE];
	name_file(file->capture_id, file->target, file->at_ms, file->incomplete, name);
	TEXT_FORMAT(temporary, INCOMING "/%s.%08x", file->capture_id, folder->nonce);
	if (put(folder, file, name, temporary, error) < 0)
		return -1;
	TEXT_COPY(ret_place->name, name);
	TEXT_FORMAT(ret_place->link, "%s/%s", folder->base, name);
	return 0;
}
