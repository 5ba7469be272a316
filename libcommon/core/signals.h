/* Signals are read from a file descriptor by one loop, and reach no other thread. */
#ifndef CORE_SIGNALS_H
#define CORE_SIGNALS_H

/* To be called in main before any library starts a thread: blocks TERM, INT, HUP and returns a signalfd that
 * carries them; SIGPIPE is ignored. -1 with errno. */
int signals_open(void);

/* The next signal that waits in the fd, 0 for none. Never blocks. */
int signals_take(int fd);

#endif
