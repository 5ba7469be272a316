/* What a stage gives up once it has started. The kernel keeps all of it by thread and hands it on to the threads
 * that one starts: so it is given up first, in the thread that starts all others. */
#include "core/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"

/* Since ABI 3 (Linux 6.2), newer than the headers that this may be built with. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

static void capabilities_freep(cap_t *capabilities)
{
	if (*capabilities)
		cap_free(*capabilities);
}
#define CLEANUP_CAP CLEANUP(capabilities_freep)

static int broken(struct error *error, const char *what)
{
	return error_set(error, ERROR_BROKEN, WORD_system_failed, "cannot %s: %s", what, strerrordesc_np(errno));
}

/* ---- Landlock (landlock(7)) ---- */

/* Everything that changes a file or a folder. REFER (ABI 2) is what a rename from one folder into another
 * needs: without it in the kernel, Landlock forbids every such rename. */
static uint64_t write_rights(int abi)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
			  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			  LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
	return abi >= 3 ? rights | LANDLOCK_ACCESS_FS_TRUNCATE : rights;
}

static int allow_beneath(int ruleset_fd, const char *folder, uint64_t rights, struct error *error)
{
	CLEANUP_CLOSE int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return error_errno(error, WORD_file_failed, errno, "cannot open the folder %s", folder);
	struct landlock_path_beneath_attr beneath = { .allowed_access = rights, .parent_fd = folder_fd };
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
		return broken(error, "allow writing beneath a folder (Landlock)");
	return 0;
}

static int restrict_writing(const char *const *writable, size_t count, struct error *error)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	/* Where it is missing or switched off (ENOSYS, EOPNOTSUPP) or a container forbids it (EPERM). */
	if (abi < 2) {
		log_info(NULL, "this kernel offers no Landlock of ABI 2 or newer: what may be written is bound "
			       "by the files' permissions alone");
		return 0;
	}
	uint64_t rights = write_rights(abi);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = rights };
	CLEANUP_CLOSE int ruleset_fd =
		(int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (ruleset_fd < 0)
		return broken(error, "make a Landlock ruleset");
	for (size_t i = 0; i < count; i++)
		if (writable[i] && allow_beneath(ruleset_fd, writable[i], rights, error) != 0)
			return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) != 0)
		return broken(error, "restrict writing (Landlock)");
	return 0;
}

/* ---- capabilities ---- */

static const cap_value_t net_raw = CAP_NET_RAW;

static bool is_permitted(cap_t capabilities)
{
	cap_flag_value_t value;
	return cap_get_flag(capabilities, CAP_NET_RAW, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
}

static int drop_capabilities(bool keep_net_raw, struct error *error)
{
	CLEANUP_CAP cap_t now = cap_get_proc();
	CLEANUP_CAP cap_t wanted = cap_init();
	if (!now || !wanted)
		return broken(error, "read the capabilities");
	if (keep_net_raw && is_permitted(now) && cap_set_flag(wanted, CAP_PERMITTED, 1, &net_raw, CAP_SET) != 0)
		return broken(error, "keep cap_net_raw");
	if (cap_set_proc(wanted) != 0)
		return broken(error, "drop the capabilities");
	return 0;
}

int confine_process(const char *const *writable, size_t count, bool keep_net_raw, struct error *error)
{
	const struct rlimit no_core = { 0 };
	umask(027);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return broken(error, "give up new privileges");
	if (setrlimit(RLIMIT_CORE, &no_core) != 0)
		return broken(error, "switch core dumps off");
	/* Before the capabilities go: one of them may be what opens a folder. */
	if (restrict_writing(writable, count, error) != 0)
		return -1;
	if (drop_capabilities(keep_net_raw, error) != 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return broken(error, "become untraceable");
	return 0;
}

/* libcap reads and sets the capabilities of the calling thread alone (capget(2) with pid 0). */
int confine_net_raw_begin(struct error *error)
{
	CLEANUP_CAP cap_t now = cap_get_proc();
	if (!now)
		return broken(error, "read the capabilities");
	if (!is_permitted(now))
		return error_set(error, ERROR_BROKEN, WORD_no_permission,
				 "the process may not capture: it has no cap_net_raw (setcap cap_net_raw+p PROGRAM)");
	if (cap_set_flag(now, CAP_EFFECTIVE, 1, &net_raw, CAP_SET) != 0 || cap_set_proc(now) != 0)
		return broken(error, "raise cap_net_raw");
	return 0;
}

void confine_net_raw_end(void)
{
	CLEANUP_CAP cap_t now = cap_get_proc();
	if (!now || cap_set_flag(now, CAP_EFFECTIVE, 1, &net_raw, CAP_CLEAR) != 0 ||
	    cap_set_flag(now, CAP_INHERITABLE, 1, &net_raw, CAP_CLEAR) != 0 ||
	    cap_set_flag(now, CAP_PERMITTED, 1, &net_raw, CAP_CLEAR) != 0 || cap_set_proc(now) != 0)
		log_error(NULL, "cap_net_raw could not be dropped after the capture was opened: %s",
			  strerrordesc_np(errno));
}
