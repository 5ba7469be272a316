/* Signals as something to read: blocked in every thread, because main blocks them before any other starts. */
#include "core/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	int result = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (result != 0) {
		errno = result;
		return -1;
	}
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_take(int fd)
{
	struct signalfd_siginfo info;
	ssize_t size = read(fd, &info, sizeof info);
	return size == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
