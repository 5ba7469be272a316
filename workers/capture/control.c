/* What the loop says to a session: two atomics, and an eventfd that tells of a change. */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"

struct control {
	int fd;
	atomic_int stop; /* enum session_stop */
	_Atomic int64_t lease_until_boot_ms;
};

struct control *control_new(int64_t lease_until_boot_ms, struct error *error)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct control *control;

	if (fd < 0) {
		error_set(error, ERROR_AWAY, WORD_worker_full, "the system has no room for another capture: %s",
			  strerrordesc_np(errno));
		return NULL;
	}
	control = memory_new(sizeof *control);
	control->fd = fd;
	atomic_init(&control->stop, SESSION_GO_ON);
	atomic_init(&control->lease_until_boot_ms, lease_until_boot_ms);
	return control;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	close(control->fd);
	free(control);
}

void control_stop(struct control *control, enum session_stop how)
{
	int before = atomic_load(&control->stop);

	while (before < (int)how && !atomic_compare_exchange_weak(&control->stop, &before, (int)how))
		continue;
	(void)eventfd_write(control->fd, 1);
}

void control_lease(struct control *control, int64_t until_boot_ms)
{
	atomic_store(&control->lease_until_boot_ms, until_boot_ms);
	(void)eventfd_write(control->fd, 1);
}

enum session_stop control_told(struct control *control)
{
	eventfd_t ignored;

	(void)eventfd_read(control->fd, &ignored); /* first: a word that comes after it wakes again */
	return (enum session_stop)atomic_load(&control->stop);
}

bool control_is_abandoned(const struct control *control)
{
	return atomic_load(&control->stop) == SESSION_ABANDON;
}

int64_t control_lease_until(const struct control *control)
{
	return atomic_load(&control->lease_until_boot_ms);
}

bool control_lease_holds(const struct control *control)
{
	return clock_boot_ms() < control_lease_until(control);
}

int control_fd(const struct control *control)
{
	return control->fd;
}

bool control_wait_for_lease(struct control *control)
{
	struct pollfd fd = { .fd = control->fd, .events = POLLIN };

	while (control_told(control) != SESSION_ABANDON) {
		if (control_lease_holds(control))
			return true;
		poll(&fd, 1, -1);
	}
	return false;
}
