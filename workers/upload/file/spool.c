/* Writes a capture's pcapng as its chunks come. The same chunks make the same bytes, so a file may be thrown away at
 * any time; its SHA-256 is taken of what is written, never read back. */
#include "file/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "config/options.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"

#define SUFFIX ".pcapng"
#define LOCK_NAME ".lock"
#define FIRST_COMMENT "capture "

enum {
	NAME_SIZE = RECORD_ID_SIZE + sizeof SUFFIX,
	LINE_SIZE = 2048,
	LINES_MAX = 8 + RECORD_LABELS_MAX,
	DRAIN_BYTES = 48 * 1024,  /* of a buffer of 64 KiB, so that it stays that small with hundreds of files open */
	SECTION_FIXED_SIZE = 24,  /* of the first block, before its first option; draft-ietf-opsawg-pcapng */
	OPTION_HEADER_SIZE = 4,
	OPTION_COMMENT = 1,
};

struct spool_folder {
	int fd;
	int lock_fd;
	int64_t bytes;
};

struct spool {
	struct spool_folder *folder;
	char name[NAME_SIZE];
	int fd;
	struct pcapng_write *writer;
	enum packet_resolution resolution;
	struct digest *digest;
	int64_t size;
	char sha256[DIGEST_SHA256_HEX_SIZE];
};

static bool is_ours(const char *name)
{
	size_t size = strlen(name);
	return size >= sizeof SUFFIX && text_equal(name + size - (sizeof SUFFIX - 1), SUFFIX);
}

static int remove_leftovers(int folder_fd, const char *path, struct error *error)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int removed = 0, result = 0;
	if (!folder) {
		if (fd >= 0)
			close(fd);
		return error_errno(error, WORD_file_failed, errno, "cannot read the spool folder %s", path);
	}
	while (result == 0 && (entry = readdir(folder)) != NULL) {
		if (!is_ours(entry->d_name))
			continue;
		if (unlinkat(folder_fd, entry->d_name, 0) < 0)
			result = error_errno(error, WORD_file_failed, errno, "cannot remove %s/%s", path,
					     entry->d_name);
		removed++;
	}
	closedir(folder);
	if (result == 0 && removed > 0)
		log_info(NULL, "%d unfinished files removed from the spool; Kafka has what was in them", removed);
	return result;
}

static int lock_folder(struct spool_folder *folder, const char *path, struct error *error)
{
	if (file_create_beneath(folder->fd, LOCK_NAME, 0600, &folder->lock_fd, error) < 0)
		return error_context(error, "the spool folder %s", path);
	if (flock(folder->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return error_errno(error, WORD_file_failed, errno, "cannot lock the spool folder %s", path);
	return error_set(error, ERROR_BROKEN, WORD_config_invalid,
			 "another process uses the spool folder %s: give each its own [upload] spool_dir", path);
}

struct spool_folder *spool_folder_open(const char *path, struct error *error)
{
	CLEANUP(spool_folder_freep) struct spool_folder *folder = memory_new(sizeof *folder);
	folder->lock_fd = -1;
	folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0) {
		error_errno(error, WORD_file_failed, errno, "cannot open the spool folder %s", path);
		return NULL;
	}
	if (lock_folder(folder, path, error) < 0 || remove_leftovers(folder->fd, path, error) < 0)
		return NULL;
	struct spool_folder *made = folder;
	folder = NULL; /* now the caller's */
	return made;
}

void spool_folder_free(struct spool_folder *folder)
{
	if (!folder)
		return;
	memory_closep(&folder->lock_fd);
	memory_closep(&folder->fd);
	free(folder);
}

int64_t spool_folder_bytes(const struct spool_folder *folder)
{
	return folder->bytes;
}

/* ---- the file's beginning ---- */

struct lines {
	char *items[LINES_MAX];
	size_t count;
};

static void lines_deinit(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
}

static void add_line(struct lines *lines, char *line)
{
	lines->items[lines->count++] = line;
}

static void add_where(struct lines *lines, const struct chunk_begin *begin)
{
	char ports[LINE_SIZE] = "";
	for (size_t i = 0; i < begin->ports.count; i++) {
		size_t used = strlen(ports);
		text_format(ports + used, sizeof ports - used, "%s%s", i ? ", " : ", ports ", begin->ports.items[i]);
	}
	const char *direction = names_direction[begin->request.direction];
	add_line(lines, memory_format("target %s (%s), interface %s%s%s%s, captured by %s", begin->request.target,
				      begin->target_kind, begin->interface[0] ? begin->interface : "?", ports,
				      direction[0] ? ", direction " : "", direction, begin->worker));
}

static void add_limits(struct lines *lines, const struct request *request)
{
	char line[LINE_SIZE] = "limits:";
	const struct { const char *name; int64_t value; } limits[] = {
		{ "timeout_s", request->timeout_s }, { "count", request->count }, { "bytes", request->bytes },
		{ "snaplen", request->snaplen },
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		size_t used = strlen(line);
		if (limits[i].value != RECORD_UNSET)
			text_format(line + used, sizeof line - used, " %s=%" PRId64, limits[i].name, limits[i].value);
	}
	add_line(lines, memory_text(line));
}

/* Who, where, what, how much: all that is known while the file begins. Texts from elsewhere are made printable by the
 * writer. */
static void describe(struct lines *lines, const char *capture_id, const struct chunk_begin *begin)
{
	const struct request *request = &begin->request;
	char at[CLOCK_TEXT_SIZE];
	add_line(lines, memory_format(FIRST_COMMENT "%s", capture_id));
	add_line(lines, memory_format("request %s by %s via %s", request->request_id[0] ? request->request_id : "?",
				      request->requested_by[0] ? request->requested_by : "somebody",
				      request->requested_via[0] ? request->requested_via : "kafka"));
	add_where(lines, begin);
	add_line(lines, request->filter[0] ? memory_format("filter: %s", request->filter) :
					     memory_text("no filter: every packet"));
	add_limits(lines, request);
	if (begin->armed_at_ns != RECORD_UNSET)
		add_line(lines, memory_format("armed at %s", clock_rfc3339_ns(at, begin->armed_at_ns)));
	for (size_t i = 0; i < request->labels.count; i++)
		add_line(lines, memory_format("label %s=%s", request->labels.items[i].name,
					      request->labels.items[i].value));
}

static void write_beginning(struct spool *spool, const char *capture_id, const struct chunk_begin *begin)
{
	CLEANUP(lines_deinit) struct lines lines = { .count = 0 };
	char application[64];
	char description[RECORD_TARGET_SIZE + RECORD_WORD_SIZE + 8];
	describe(&lines, capture_id, begin);
	TEXT_FORMAT(application, "capbus %s", options_version());
	TEXT_FORMAT(description, "%s (%s)", begin->request.target, begin->target_kind);
	pcapng_write_section(spool->writer, application, (const char *const *)lines.items, lines.count);
	pcapng_write_interface(spool->writer, &(struct pcapng_write_interface){
		.link_type = begin->link_type,
		.resolution = spool->resolution,
		.snaplen = begin->snaplen,
		.name = begin->interface[0] ? begin->interface : begin->request.target,
		.description = description,
		.filter = begin->request.filter,
	});
}

bool spool_is_of(int fd, const char *capture_id)
{
	uint8_t found[OPTION_HEADER_SIZE + sizeof FIRST_COMMENT + RECORD_ID_SIZE];
	char wanted[sizeof FIRST_COMMENT + RECORD_ID_SIZE];
	TEXT_FORMAT(wanted, FIRST_COMMENT "%s", capture_id);
	size_t size = strlen(wanted);
	ssize_t got = pread(fd, found, OPTION_HEADER_SIZE + size, SECTION_FIXED_SIZE);
	return got == (ssize_t)(OPTION_HEADER_SIZE + size) && found[0] == OPTION_COMMENT && found[1] == 0 &&
	       found[2] == (uint8_t)size && found[3] == (uint8_t)(size >> 8) &&
	       memcmp(found + OPTION_HEADER_SIZE, wanted, size) == 0;
}

/* ---- writing ---- */

static int drain(struct spool *spool, struct error *error)
{
	size_t size;
	const uint8_t *data = pcapng_write_data(spool->writer, &size);
	if (file_write_all(spool->fd, data, size, error) < 0)
		return error_context(error, "the spool file %s", spool->name);
	digest_update(spool->digest, data, size);
	spool->size += (int64_t)size;
	spool->folder->bytes += (int64_t)size;
	pcapng_write_drained(spool->writer);
	return 0;
}

struct spool *spool_new(struct spool_folder *folder, const char *capture_id, const struct chunk_begin *begin,
			struct error *error)
{
	CLEANUP(spool_freep) struct spool *spool = memory_new(sizeof *spool);
	spool->folder = folder;
	spool->fd = -1;
	TEXT_FORMAT(spool->name, "%s" SUFFIX, capture_id);
	spool->resolution = begin->resolution == RESOLUTION_NANO ? PACKET_NANO : PACKET_MICRO;
	spool->writer = pcapng_write_new();
	spool->digest = digest_new();
	if (file_create_beneath(folder->fd, spool->name, 0600, &spool->fd, error) < 0) {
		error_context(error, "the spool");
		return NULL;
	}
	write_beginning(spool, capture_id, begin);
	if (drain(spool, error) < 0)
		return NULL;
	struct spool *made = spool;
	spool = NULL; /* now the caller's */
	return made;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0 && unlinkat(spool->folder->fd, spool->name, 0) < 0)
		log_warning(NULL, "the spool file %s could not be removed: %s", spool->name, strerrordesc_np(errno));
	spool->folder->bytes -= spool->size;
	memory_closep(&spool->fd);
	pcapng_write_free(spool->writer);
	digest_free(spool->digest);
	free(spool);
}

int spool_packets(struct spool *spool, const uint8_t *data, size_t size, struct error *error)
{
	struct packet_walk walk = { .data = data, .size = size, .resolution = spool->resolution };
	struct packet packet;
	size_t waiting;
	while (packet_next(&walk, &packet) > 0) {
		pcapng_write_packet(spool->writer, 0, &packet);
		pcapng_write_data(spool->writer, &waiting);
		if (waiting >= DRAIN_BYTES && drain(spool, error) < 0)
			return -1;
	}
	return drain(spool, error);
}

int spool_keep_alive(struct spool *spool, struct error *error)
{
	pcapng_write_keep_alive(spool->writer);
	return drain(spool, error);
}

int spool_finish(struct spool *spool, const struct pcapng_write_statistics *statistics, struct error *error)
{
	uint8_t sha256[DIGEST_SHA256_SIZE];
	pcapng_write_statistics(spool->writer, 0, statistics);
	if (drain(spool, error) < 0)
		return -1;
	digest_final(spool->digest, sha256);
	digest_hex(sha256, sizeof sha256, spool->sha256);
	return 0;
}

int64_t spool_size(const struct spool *spool)
{
	return spool->size;
}

const char *spool_sha256(const struct spool *spool)
{
	return spool->sha256;
}

int spool_open_to_read(const struct spool *spool, int *ret_fd, struct error *error)
{
	int fd = openat(spool->folder->fd, spool->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot open the spool file %s", spool->name);
	*ret_fd = fd;
	return 0;
}
