/* Files in the making: the same chunks make the same bytes, nothing is left behind, and nobody else's folder is used.
 * What Wireshark reads in them is looked at by tests/integration/test_upload.py. */
#include "file/spool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"

static const int64_t ARMED_NS = 1795442531123456789;

static char path[64];
static struct spool_folder *folder;
static struct chunk_begin begin;

static int set_up(void **state)
{
	struct chunk chunk;
	struct error error;
	(void)state;
	TEXT_COPY(path, "/tmp/capbus-spool-XXXXXX");
	assert_non_null(mkdtemp(path));
	folder = spool_folder_open(path, &error);
	assert_non_null(folder);
	record_init(&chunk_record, &chunk);
	begin = chunk.begin;
	TEXT_COPY(begin.request.target, "slx1");
	TEXT_COPY(begin.request.filter, "port 179");
	TEXT_COPY(begin.interface, "eth1");
	begin.link_type = 1;
	begin.resolution = RESOLUTION_NANO;
	begin.armed_at_ns = ARMED_NS;
	return 0;
}

static const char *in_folder(const char *name)
{
	static char full[128];
	TEXT_FORMAT(full, "%s/%s", path, name);
	return full;
}

static int tear_down(void **state)
{
	(void)state;
	spool_folder_free(folder);
	unlink(in_folder(".lock"));
	assert_int_equal(rmdir(path), 0); /* nothing else is left */
	return 0;
}

static bool exists(const char *name)
{
	return access(in_folder(name), F_OK) == 0;
}

/* `count` packets of `size` bytes as a chunk has them. The caller's. */
static uint8_t *make_packets(size_t count, uint32_t size, size_t *ret_size)
{
	uint8_t *data = memory_new(count * (PACKET_HEADER_SIZE + size));
	for (size_t i = 0; i < count; i++) {
		uint8_t *at = data + i * (PACKET_HEADER_SIZE + size);
		const struct packet packet = { ARMED_NS + (int64_t)i, size, size, NULL };
		packet_put_header(at, PACKET_NANO, &packet);
		memset(at + PACKET_HEADER_SIZE, (int)i, size);
	}
	*ret_size = count * (PACKET_HEADER_SIZE + size);
	return data;
}

static struct spool *make_file(const char *capture_id, size_t packets)
{
	struct error error;
	size_t size;
	CLEANUP_FREE uint8_t *data = make_packets(packets, 1000, &size);
	struct spool *spool = spool_new(folder, capture_id, &begin, &error);
	assert_non_null(spool);
	assert_int_equal(spool_keep_alive(spool, &error), 0);
	assert_int_equal(spool_packets(spool, data, size, &error), 0);
	assert_int_equal(spool_finish(spool, &(struct pcapng_write_statistics){
		.at_ns = ARMED_NS, .start_ns = ARMED_NS, .end_ns = PACKET_UNSET, .received = 3, .dropped = 0,
		.filter_accepted = PACKET_UNSET, .delivered = (int64_t)packets, .comment = "complete" }, &error), 0);
	return spool;
}

static void a_file_is_what_its_sha256_says(void **state)
{
	(void)state;
	struct error error;
	char *data, hex[DIGEST_SHA256_HEX_SIZE];
	size_t size;
	uint8_t sha256[DIGEST_SHA256_SIZE];
	struct spool *spool = make_file("r-slx1", 500);
	assert_int_equal(file_read(in_folder("r-slx1.pcapng"), 1 << 20, &data, &size, &error), 0);
	assert_int_equal(size, spool_size(spool));
	assert_int_equal(size, spool_folder_bytes(folder));
	digest_sha256(data, size, sha256);
	digest_hex(sha256, sizeof sha256, hex);
	assert_string_equal(hex, spool_sha256(spool));
	free(data);
	spool_free(spool);
	assert_int_equal(spool_folder_bytes(folder), 0);
	assert_false(exists("r-slx1.pcapng"));
}

static void the_same_chunks_make_the_same_bytes(void **state)
{
	(void)state;
	struct spool *one = make_file("r-slx1", 200);
	char sha256[DIGEST_SHA256_HEX_SIZE];
	TEXT_COPY(sha256, spool_sha256(one));
	spool_free(one);
	struct spool *two = make_file("r-slx1", 200);
	assert_string_equal(spool_sha256(two), sha256);
	spool_free(two);
	struct spool *other = make_file("q-slx1", 200);
	assert_string_not_equal(spool_sha256(other), sha256);
	spool_free(other);
}

static void who_has_it_open_reads_on(void **state)
{
	(void)state;
	struct error error;
	struct stat is;
	struct spool *spool = make_file("r-slx1", 10);
	int64_t size = spool_size(spool);
	CLEANUP_CLOSE int fd = -1;
	assert_int_equal(spool_open_to_read(spool, &fd, &error), 0);
	spool_free(spool);
	assert_int_equal(fstat(fd, &is), 0);
	assert_int_equal(is.st_size, size);
	assert_true(spool_is_of(fd, "r-slx1"));
}

static void a_file_knows_its_capture(void **state)
{
	(void)state;
	struct error error;
	CLEANUP_CLOSE int fd = -1;
	struct spool *spool = make_file("r-slx1", 1);
	assert_int_equal(spool_open_to_read(spool, &fd, &error), 0);
	assert_true(spool_is_of(fd, "r-slx1"));
	assert_false(spool_is_of(fd, "r-slx"));
	assert_false(spool_is_of(fd, "r-slx11"));
	assert_false(spool_is_of(fd, "q-slx1"));
	CLEANUP_CLOSE int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_false(spool_is_of(empty, "r-slx1"));
	spool_free(spool);
}

static void leftovers_are_removed_and_nothing_else(void **state)
{
	(void)state;
	struct error error;
	spool_folder_free(folder);
	fclose(fopen(in_folder("dead-slx1.pcapng"), "w"));
	fclose(fopen(in_folder("notes.txt"), "w"));
	folder = spool_folder_open(path, &error);
	assert_non_null(folder);
	assert_false(exists("dead-slx1.pcapng"));
	assert_true(exists("notes.txt"));
	unlink(in_folder("notes.txt"));
}

static void a_folder_is_one_processs(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct spool *spool = make_file("r-slx1", 1);
	assert_null(spool_folder_open(path, &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(error.word, WORD_config_invalid);
	assert_true(exists("r-slx1.pcapng"));
	spool_free(spool);
}

static void every_description_fits(void **state)
{
	(void)state;
	struct error error;
	begin.request.direction = DIRECTION_BOTH;
	begin.ports.count = RECORD_PORTS_MAX;
	for (size_t i = 0; i < RECORD_PORTS_MAX; i++)
		memset(begin.ports.items[i], '1', RECORD_PORT_SIZE - 1);
	begin.request.labels.count = RECORD_LABELS_MAX;
	for (size_t i = 0; i < RECORD_LABELS_MAX; i++) {
		memset(begin.request.labels.items[i].name, 'k', sizeof begin.request.labels.items[i].name - 1);
		memset(begin.request.labels.items[i].value, '\n', sizeof begin.request.labels.items[i].value - 1);
	}
	memset(begin.request.filter, '\x1b', sizeof begin.request.filter - 1);
	struct spool *spool = spool_new(folder, "r-slx1", &begin, &error);
	assert_non_null(spool);
	spool_free(spool);
}

static void a_full_disk_is_away(void **state)
{
	(void)state;
	struct error error = { 0 };
	size_t size;
	CLEANUP_FREE uint8_t *data = make_packets(100, 1000, &size);
	struct spool *spool = spool_new(folder, "r-slx1", &begin, &error);
	assert_non_null(spool);
	/* The file becomes a device that is always full. */
	int file = open(in_folder("r-slx1.pcapng"), O_WRONLY | O_CLOEXEC);
	struct stat wanted, is;
	assert_int_equal(fstat(file, &wanted), 0);
	CLEANUP_CLOSE int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	for (int fd = 3; fd < file; fd++)
		if (fstat(fd, &is) == 0 && is.st_ino == wanted.st_ino && is.st_dev == wanted.st_dev)
			assert_int_equal(dup2(full, fd), fd);
	close(file);
	assert_int_equal(spool_packets(spool, data, size, &error), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	assert_int_equal(error.word, WORD_disk_full);
	spool_free(spool);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_what_its_sha256_says),
		TEST(the_same_chunks_make_the_same_bytes),
		TEST(who_has_it_open_reads_on),
		TEST(a_file_knows_its_capture),
		TEST(leftovers_are_removed_and_nothing_else),
		TEST(a_folder_is_one_processs),
		TEST(every_description_fits),
		TEST(a_full_disk_is_away),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
