/* Copies a file into a directory while it grows. What is copied is held against its SHA-256 on the way, so that what
 * has its name is what the result says. */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "file/spool.h"
#include "packets/digest.h"
#include "store/name.h"

#define INCOMING ".incoming"

enum {
	COPY_BYTES = 1024 * 1024,
	TEMPORARY_SIZE = sizeof INCOMING + RECORD_ID_SIZE + 32,
	FILE_MODE = 0640,
	FOLDER_MODE = 0750,
};

struct folder {
	int fd;
	char *directory;             /* as configured */
	char base[RECORD_LINK_SIZE]; /* of links, without a slash at its end */
	uint32_t nonce;              /* so that two processes never write one temporary file */
	uint8_t *buffer;
};

/* A file on its way. */
struct copy {
	struct folder *folder;
	struct store_job job;
	struct store_file file;
	char temporary[TEMPORARY_SIZE];
	int fd;              /* of the temporary file */
	int64_t size_bytes;  /* of it so far */
	struct digest *digest;
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

/* Nobody has it open who writes it. */
static bool is_left_over(int incoming_fd, const char *name)
{
	CLEANUP_CLOSE int fd = openat(incoming_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat is;
	return fd >= 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* What died while it copied. Whatever goes wrong here harms nobody: whoever loses his copy begins again. */
static void remove_leftovers(const struct folder *folder)
{
	int fd = openat(folder->fd, INCOMING, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *incoming = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	if (!incoming) {
		memory_closep(&fd);
		return;
	}
	while ((entry = readdir(incoming)) != NULL)
		if (is_left_over(fd, entry->d_name) && unlinkat(fd, entry->d_name, 0) == 0)
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

/* Where it was removed, or something is mounted over it by now, a file would get a link under which nobody finds it,
 * and one that is to be removed would seem to be gone. */
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

static void copy_free(struct copy *copy)
{
	memory_closep(&copy->fd);
	memory_closep(&copy->file.fd);
	digest_free(copy->digest);
	free(copy);
}

static void drop(struct copy *copy)
{
	unlinkat(copy->folder->fd, copy->temporary, 0);
	copy_free(copy);
}

static void tell(const struct store_job *job, const struct store_answer *answer)
{
	job->told(job->context, job->number, answer);
}

static void fail(struct copy *copy, const struct store_answer *answer)
{
	const struct store_job job = copy->job;
	drop(copy);
	tell(&job, answer);
}

static int copy_to(struct copy *copy, int64_t size_bytes, struct error *error)
{
	uint8_t *buffer = copy->folder->buffer;
	while (copy->size_bytes < size_bytes) {
		int64_t wanted = size_bytes - copy->size_bytes;
		ssize_t got = read_at(copy->file.fd, buffer, wanted < COPY_BYTES ? (size_t)wanted : COPY_BYTES,
				      copy->size_bytes);
		if (got < 0)
			return error_errno(error, WORD_file_failed, errno, "cannot read the spool");
		if (got == 0)
			return error_set(error, ERROR_AWAY, WORD_file_failed, "the file in the spool was cut");
		digest_update(copy->digest, buffer, (size_t)got);
		if (file_write_all(copy->fd, buffer, (size_t)got, error) < 0)
			return -1;
		copy->size_bytes += got;
	}
	return 0;
}

void *folder_begin(void *self, const struct store_job *job, const struct store_file *file)
{
	struct store_answer answer = { .ok = false };
	struct copy *copy = memory_new(sizeof *copy);
	copy->folder = self;
	copy->job = *job;
	copy->file = *file;
	copy->fd = -1;
	copy->digest = digest_new();
	TEXT_FORMAT(copy->temporary, INCOMING "/%s.%08x.%" PRIu64, file->capture_id, copy->folder->nonce,
		    job->number);
	if (check_place(copy->folder, &answer.error) == 0 &&
	    file_create_beneath(copy->folder->fd, copy->temporary, FILE_MODE, &copy->fd, &answer.error) == 0) {
		flock(copy->fd, LOCK_EX | LOCK_NB); /* is_left_over; without locks nothing is */
		return copy;
	}
	copy_free(copy);
	tell(job, &answer);
	return NULL;
}

void folder_append(void *transfer, int64_t size_bytes)
{
	struct store_answer answer = { .ok = false };
	if (copy_to(transfer, size_bytes, &answer.error) < 0)
		fail(transfer, &answer);
}

void folder_abort(void *transfer)
{
	drop(transfer);
}

static int hash_fd(struct folder *folder, int fd, char to[static DIGEST_SHA256_HEX_SIZE], struct error *error)
{
	CLEANUP(digest_freep) struct digest *digest = digest_new();
	uint8_t sha256[DIGEST_SHA256_SIZE];
	ssize_t got;
	for (int64_t at = 0; (got = read_at(fd, folder->buffer, COPY_BYTES, at)) > 0; at += got)
		digest_update(digest, folder->buffer, (size_t)got);
	if (got < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot read what is there already");
	digest_final(digest, sha256);
	digest_hex(sha256, sizeof sha256, to);
	return 0;
}

enum there { NOT_THERE, THERE, THERE_WITH_THE_SAME_BYTES };

/* What bears the name now; `sha256` is NULL where only whose it is matters. */
static int look(struct folder *folder, const char *capture_id, const char *name, const char *sha256,
		enum there *ret_there, struct error *error)
{
	CLEANUP_CLOSE int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char found[DIGEST_SHA256_HEX_SIZE];
	*ret_there = fd < 0 ? NOT_THERE : THERE;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot look at %s", name);
	if (!spool_is_of(fd, capture_id))
		return error_set(error, ERROR_INPUT, WORD_file_failed, "%s is there already and not of this capture",
				 name);
	if (sha256 && hash_fd(folder, fd, found, error) < 0)
		return -1;
	if (sha256 && text_equal(found, sha256))
		*ret_there = THERE_WITH_THE_SAME_BYTES;
	return 0;
}

static void day_of(const char *name, char to[static NAME_SIZE])
{
	text_copy_bytes(to, NAME_SIZE, name, strcspn(name, "/"));
}

static int make_day(const struct folder *folder, const char *name, struct error *error)
{
	char day[NAME_SIZE];
	day_of(name, day);
	if (mkdirat(folder->fd, day, FOLDER_MODE) == 0 || errno == EEXIST)
		return 0;
	return error_errno(error, errno == ENOSPC ? WORD_disk_full : WORD_file_failed, errno,
			   "cannot make the folder %s", day);
}

static int check_whole(const struct copy *copy, const struct store_whole *whole, struct error *error)
{
	uint8_t sha256[DIGEST_SHA256_SIZE];
	char found[DIGEST_SHA256_HEX_SIZE];
	digest_final(copy->digest, sha256);
	digest_hex(sha256, sizeof sha256, found);
	if (text_equal(found, whole->sha256))
		return 0;
	return error_set(error, ERROR_AWAY, WORD_file_failed,
			 "the file in the spool is no longer the one that was written there");
}

/* Whoever reads the same chunks makes the same bytes: then what a rival stored stays untouched. */
static int publish(struct copy *copy, const struct store_whole *whole, const char *name, struct error *error)
{
	struct folder *folder = copy->folder;
	enum there there;
	if (copy_to(copy, whole->size_bytes, error) < 0 || check_whole(copy, whole, error) < 0 ||
	    check_place(folder, error) < 0 ||
	    look(folder, copy->file.capture_id, name, whole->sha256, &there, error) < 0)
		return -1;
	if (there == THERE_WITH_THE_SAME_BYTES) {
		unlinkat(folder->fd, copy->temporary, 0);
		return 0;
	}
	if (make_day(folder, name, error) < 0)
		return -1;
	return file_publish(folder->fd, copy->fd, copy->temporary, name, there == THERE, error);
}

void folder_finish(void *transfer, const struct store_whole *whole)
{
	struct copy *copy = transfer;
	struct store_answer answer = { .ok = false };
	char name[NAME_SIZE];
	name_file(copy->file.capture_id, copy->file.target, copy->file.at_ms, whole->incomplete, name);
	if (publish(copy, whole, name, &answer.error) < 0) {
		fail(copy, &answer);
		return;
	}
	const struct store_job job = copy->job;
	answer.ok = true;
	TEXT_COPY(answer.place.name, name);
	TEXT_FORMAT(answer.place.link, "%s/%s", copy->folder->base, name);
	copy_free(copy);
	tell(&job, &answer);
}

static int open_day(const struct folder *folder, const char *name, int *ret_fd, struct error *error)
{
	char day[NAME_SIZE];
	day_of(name, day);
	*ret_fd = openat(folder->fd, day, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd >= 0 || errno == ENOENT)
		return 0;
	return error_errno(error, WORD_file_failed, errno, "cannot open the folder %s", day);
}

/* The day's folder goes with its last file; it may hold others. */
static int remove_file(struct folder *folder, const struct store_removal *removal, struct error *error)
{
	CLEANUP_CLOSE int day_fd = -1;
	char day[NAME_SIZE];
	enum there there;
	if (!name_is_of(removal->name, removal->capture_id, removal->target))
		return error_set(error, ERROR_INPUT, WORD_file_failed,
				 "a file of this capture cannot be called %s; nothing was removed", removal->name);
	if (check_place(folder, error) < 0 || open_day(folder, removal->name, &day_fd, error) < 0)
		return -1;
	if (day_fd < 0)
		return 0;
	if (look(folder, removal->capture_id, removal->name, NULL, &there, error) < 0)
		return -1;
	day_of(removal->name, day);
	if (there == THERE && unlinkat(day_fd, removal->name + strlen(day) + 1, 0) < 0 && errno != ENOENT)
		return error_errno(error, WORD_file_failed, errno, "cannot remove %s", removal->name);
	unlinkat(folder->fd, day, AT_REMOVEDIR);
	return 0;
}

void folder_remove(void *self, const struct store_job *job, const struct store_removal *removal)
{
	struct store_answer answer = { .ok = false };
	answer.ok = remove_file(self, removal, &answer.error) == 0;
	tell(job, &answer);
}
