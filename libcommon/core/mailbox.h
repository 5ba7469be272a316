/* Messages between threads: bounded, with an eventfd to poll(2), the newest of a kind replacing the older.
 *
 * A message is (sender, kind, payload). A mailbox holds at most one of each (sender, kind): posting again
 * replaces the payload where it stood. So a slow reader never makes a mailbox grow past senders × kinds, and what
 * must not be replaced gets a kind of its own. Any thread may post; one thread takes. */
#ifndef CORE_MAILBOX_H
#define CORE_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

struct mailbox;

struct mailbox_message {
	uint64_t sender; /* the sender's number, e.g. of a session */
	int kind;        /* the meaning of the two together is the users' own */
	void *payload;   /* the taker's after mailbox_take */
};

/* `free_payload` (may be NULL) frees what is replaced, or still there at mailbox_free. NULL with errno where the
 * process has no file descriptor left. */
struct mailbox *mailbox_new(void (*free_payload)(void *payload));
void mailbox_free(struct mailbox *mailbox);

/* Readable whenever a message waits. The mailbox's: not to be read or closed. */
int mailbox_fd(const struct mailbox *mailbox);

/* Takes the payload over. Never blocks, never fails. */
void mailbox_post(struct mailbox *mailbox, uint64_t sender, int kind, void *payload);

/* The oldest message; false where there is none. */
bool mailbox_take(struct mailbox *mailbox, struct mailbox_message *ret_message);

#endif
