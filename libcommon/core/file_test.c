/* A folder of its own for each test. fsync is replaced here, to see what is synced when and to fail; other calls
 * that only a kernel can refuse are refused by a seccomp filter in a forked child. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

enum { NO_FD = -1 };

static char folder[4096];
static int folder_fd;

static char synced[1024]; /* the paths in the folder that were synced, in order, with the names they had then */
static int sync_failure;  /* an errno, for all but sync_allowed_fd */
static int sync_allowed_fd = NO_FD;

int fsync(int fd)
{
	char link[64];
	char path[4096];
	TEXT_FORMAT(link, "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, sizeof path - 1);
	assert_true(size > 0);
	path[size] = '\0';
	assert_true(text_starts(path, folder));
	size_t used = strlen(synced);
	text_format(synced + used, sizeof synced - used, "%s ", path + strlen(folder));
	if (sync_failure == 0 || fd == sync_allowed_fd)
		return 0;
	errno = sync_failure;
	return -1;
}

static void watch_syncs(int failure, int allowed_fd)
{
	synced[0] = '\0';
	sync_failure = failure;
	sync_allowed_fd = allowed_fd;
}

static int open_folder(void **state)
{
	(void)state;
	TEXT_COPY(folder, "/tmp/capbus-file-test-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) != 0 || !getcwd(folder, sizeof folder))
		return -1;
	if (mkdir("in", 0700) != 0 || mkdir("out", 0700) != 0)
		return -1;
	watch_syncs(0, NO_FD);
	folder_fd = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd >= 0 ? 0 : -1;
}

/* Removes what is left by name: only what these tests make. */
static int close_folder(void **state)
{
	(void)state;
	static const char *const files[] = { "in/a", "in/b", "in/link", "in/loop", "in/d/e/f", "in/d/e/g", "in/d/t",
					     "in/x/f", "out/a", "out/f", "big", "text" };
	static const char *const folders[] = { "in/d/e", "in/d", "in/x", "in", "out", "new/one/two",
					       "new/one", "new" };
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlink(files[i]);
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		rmdir(folders[i]);
	close(folder_fd);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text), NULL), 0);
}

static void expect_file(const char *path, const char *wanted)
{
	CLEANUP_FREE char *data = NULL;
	size_t size;
	struct error error;
	if (file_read(path, 1 << 20, &data, &size, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(size, strlen(wanted));
	assert_string_equal(data, wanted);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* From here on the call fails so. Child only. */
static void refuse(int number, int cause)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)cause),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof filter / sizeof filter[0], .filter = filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(2);
}

static int in_child(int (*check)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(check());
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define WANT(condition)                                                                                        \
	do {                                                                                                   \
		if (!(condition)) {                                                                            \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
			return 1;                                                                              \
		}                                                                                              \
	} while (0)

static void test_reading(void **state)
{
	(void)state;
	put("text", "one\ntwo");
	expect_file("text", "one\ntwo");
	put("text", "");
	expect_file("text", "");
	char *data = NULL;
	size_t size = 7;
	struct error error;
	assert_int_equal(file_read("missing", 10, &data, &size, &error), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(error.word, WORD_file_failed);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(file_read("in", 10, &data, &size, &error), -1);
	assert_int_equal(errno, EISDIR);
	assert_null(data);
	assert_int_equal(size, 7);
}

static void test_reading_holds_the_maximum(void **state)
{
	(void)state;
	char *data = NULL;
	size_t size;
	struct error error;
	put("text", "12345");
	assert_int_equal(file_read("text", 4, &data, &size, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_file_failed);
	assert_int_equal(file_read("text", 5, &data, &size, &error), 0);
	assert_int_equal(size, 5);
	free(data);
	/* Endless: the maximum ends it. */
	assert_int_equal(file_read("/dev/zero", 1000000, &data, &size, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	/* Of no known size, and of more than one step. */
	assert_int_equal(file_read("/proc/self/maps", 10000000, &data, &size, &error), 0);
	assert_true(size > 0 && strlen(data) == size);
	free(data);
	char *much = memory_new(200001);
	memset(much, 'm', 200000);
	put("big", much);
	expect_file("big", much);
	free(much);
}

static void test_a_full_disk_is_away(void **state)
{
	(void)state;
	CLEANUP_CLOSE int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct error error;
	assert_int_equal(file_write_all(fd, "x", 1, &error), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(error.kind, ERROR_AWAY);
	assert_int_equal(error.word, WORD_disk_full);
}

static void test_make_folder(void **state)
{
	(void)state;
	struct error error;
	umask(0);
	assert_int_equal(file_make_folder("new/one//two/", &error), 0);
	assert_int_equal(file_make_folder("new/one/two", &error), 0);
	struct stat is;
	assert_int_equal(stat("new/one", &is), 0);
	assert_int_equal(is.st_mode, S_IFDIR | 0750);
	char absolute[128];
	TEXT_FORMAT(absolute, "%s/new/one", folder);
	assert_int_equal(file_make_folder(absolute, &error), 0);
	assert_int_equal(file_make_folder("/", &error), 0);
	put("text", "");
	assert_int_equal(file_make_folder("text/a", &error), -1);
	assert_int_equal(file_make_folder("text", &error), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_folder("", &error), -1);
}

static int create(const char *name)
{
	int fd = NO_FD;
	if (file_create_beneath(folder_fd, name, 0600, &fd, NULL) != 0)
		return -1;
	close(fd);
	return 0;
}

static int paths_stay_beneath(void)
{
	WANT(create("a") == 0 && is_there("in/a"));
	WANT(create("d/e/f") == 0 && is_there("in/d/e/f"));
	WANT(create("d/e/g") == 0 && is_there("in/d/e/g"));
	static const char *const wrong[] = { "", "/", "..", ".", "../out/a", "d/../a", "d/../../out/a", "d//f", "d/",
					     "/tmp/capbus-a", "./a", "d/." };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct error error = { 0 };
		int fd = NO_FD;
		WANT(file_create_beneath(folder_fd, wrong[i], 0600, &fd, &error) == -1);
		WANT(error.kind == ERROR_INPUT && fd == NO_FD);
	}
	WANT(!is_there("out/a"));
	/* A folder that is a link outside, to an absolute path, and a file that is one. */
	WANT(symlink("../out", "in/link") == 0);
	WANT(create("link/a") == -1 && create("link/new/a") == -1);
	WANT(unlink("in/link") == 0 && symlink("/tmp", "in/link") == 0);
	WANT(create("link/a") == -1);
	WANT(unlink("in/link") == 0 && symlink("../out/a", "in/link") == 0);
	WANT(create("link") == -1);
	/* The file itself is never a link, not even to one inside. */
	WANT(unlink("in/link") == 0 && symlink("a", "in/link") == 0 && create("link") == -1);
	WANT(!is_there("out/a") && !is_there("out/new"));
	WANT(symlink("loop", "in/loop") == 0 && create("loop/a") == -1);
	return 0;
}

static void test_paths_stay_beneath(void **state)
{
	(void)state;
	assert_int_equal(paths_stay_beneath(), 0);
}

static int paths_stay_beneath_without_openat2(void)
{
	refuse(SYS_openat2, ENOSYS);
	WANT(syscall(SYS_openat2, folder_fd, "a", NULL, 0) == -1 && errno == ENOSYS);
	return paths_stay_beneath();
}

static void test_paths_stay_beneath_on_an_old_kernel(void **state)
{
	(void)state;
	assert_int_equal(in_child(paths_stay_beneath_without_openat2), 0);
}

static void test_create_truncates(void **state)
{
	(void)state;
	put("in/a", "old and long");
	int fd;
	assert_int_equal(file_create_beneath(folder_fd, "a", 0600, &fd, NULL), 0);
	assert_int_equal(file_write_all(fd, "new", 3, NULL), 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	expect_file("in/a", "new");
}

static int publish(const char *text, const char *final, bool replace, struct error *error)
{
	CLEANUP_CLOSE int fd = NO_FD;
	if (file_create_beneath(folder_fd, "d/t", 0600, &fd, error) != 0 ||
	    file_write_all(fd, text, strlen(text), error) != 0)
		return -1;
	return file_publish(folder_fd, fd, "d/t", final, replace, error);
}

static void test_publish(void **state)
{
	(void)state;
	struct error error;
	assert_int_equal(publish("one", "d/t2", false, &error), 0);
	assert_int_equal(rename("in/d/t2", "in/a"), 0);
	assert_int_equal(publish("two", "a", false, &error), -1);
	assert_int_equal(errno, EEXIST);
	expect_file("in/a", "one");
	expect_file("in/d/t", "two");
	assert_int_equal(publish("three", "a", true, &error), 0);
	expect_file("in/a", "three");
	assert_false(is_there("in/d/t"));
	assert_int_equal(publish("four", "missing/a", false, &error), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(publish("five", "../out/a", true, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_false(is_there("out/a"));
}

static void test_publish_through_a_link_stays_beneath(void **state)
{
	(void)state;
	struct error error;
	assert_int_equal(symlink("../out", "in/link"), 0);
	assert_int_equal(publish("x", "link/a", true, &error), -1);
	assert_false(is_there("out/a"));
	expect_file("in/d/t", "x");
}

/* An older file system knows no RENAME_NOREPLACE. */
static int publish_by_link(void)
{
	refuse(SYS_renameat2, EINVAL);
	WANT(publish("one", "a", false, NULL) == 0);
	WANT(is_there("in/a") && !is_there("in/d/t"));
	WANT(publish("two", "a", false, NULL) == -1 && errno == EEXIST);
	return 0;
}

static void test_publish_without_noreplace(void **state)
{
	(void)state;
	assert_int_equal(in_child(publish_by_link), 0);
	expect_file("in/a", "one");
}

static void test_a_name_comes_after_its_data(void **state)
{
	(void)state;
	struct error error;
	watch_syncs(ENOSPC, NO_FD);
	assert_int_equal(publish("one", "a", true, &error), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	assert_int_equal(error.word, WORD_disk_full);
	assert_string_equal(synced, "/in/d/t ");
	assert_false(is_there("in/a"));
	expect_file("in/d/t", "one");
}

/* Each folder up to the first: one on the way may have been made for this file. */
static void test_the_name_and_its_folders_are_synced(void **state)
{
	(void)state;
	CLEANUP_CLOSE int fd = NO_FD;
	assert_int_equal(file_create_beneath(folder_fd, "d/e/f", 0600, &fd, NULL), 0);
	watch_syncs(0, NO_FD);
	assert_int_equal(file_publish(folder_fd, fd, "d/e/f", "d/e/g", true, NULL), 0);
	assert_string_equal(synced, "/in/d/e/f /in/d/e /in/d /in ");
	watch_syncs(EIO, fd);
	struct error error;
	assert_int_equal(file_publish(folder_fd, fd, "d/e/g", "d/e/f", true, &error), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_true(is_there("in/d/e/f"));
}

static void test_new_folders_are_synced(void **state)
{
	(void)state;
	assert_int_equal(file_make_folder("new/one/two", NULL), 0);
	assert_string_equal(synced, " /new /new/one ");
	watch_syncs(EIO, NO_FD);
	assert_int_equal(file_make_folder("new/one/two", NULL), 0);
	assert_int_equal(rmdir("new/one/two"), 0);
	assert_int_equal(file_make_folder("new/one/two", NULL), -1);
	assert_int_equal(errno, EIO);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_folder, close_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reading),
		TEST(test_reading_holds_the_maximum),
		TEST(test_a_full_disk_is_away),
		TEST(test_make_folder),
		TEST(test_paths_stay_beneath),
		TEST(test_paths_stay_beneath_on_an_old_kernel),
		TEST(test_create_truncates),
		TEST(test_publish),
		TEST(test_publish_through_a_link_stays_beneath),
		TEST(test_publish_without_noreplace),
		TEST(test_a_name_comes_after_its_data),
		TEST(test_the_name_and_its_folders_are_synced),
		TEST(test_new_folders_are_synced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
