/* Messages between threads. One hash table is both: it finds the message of a (sender, kind) that a new one
 * replaces, and keeps the order in which they came, because uthash links its items in the order of insertion.
 * The eventfd's counter is 1 while a message waits, else 0; both change under the lock. */
#include "core/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/memory.h"

#define uthash_fatal(text) abort()
#include <uthash.h>

/* Compared byte by byte: always zeroed first, for there may be padding. */
struct key {
	uint64_t sender;
	int kind;
};

struct item {
	struct key key;
	void *payload;
	UT_hash_handle hh;
};

struct mailbox {
	pthread_mutex_t lock;
	struct item *items; /* the first is the oldest */
	void (*free_payload)(void *payload);
	int event_fd;
};

struct mailbox *mailbox_new(void (*free_payload)(void *payload))
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return NULL;
	struct mailbox *mailbox = memory_new(sizeof *mailbox);
	pthread_mutex_init(&mailbox->lock, NULL);
	mailbox->free_payload = free_payload;
	mailbox->event_fd = fd;
	return mailbox;
}

static void free_payload(const struct mailbox *mailbox, void *payload)
{
	if (mailbox->free_payload && payload)
		mailbox->free_payload(payload);
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	struct mailbox_message message;
	while (mailbox_take(mailbox, &message))
		free_payload(mailbox, message.payload);
	close(mailbox->event_fd);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->event_fd;
}

/* Neither can fail: the counter is 0 or 1. */
static void raise_event(struct mailbox *mailbox)
{
	if (eventfd_write(mailbox->event_fd, 1) != 0)
		abort();
}

static void clear_event(struct mailbox *mailbox)
{
	eventfd_t count;
	if (eventfd_read(mailbox->event_fd, &count) != 0)
		abort();
}

void mailbox_post(struct mailbox *mailbox, uint64_t sender, int kind, void *payload)
{
	struct key key;
	memset(&key, 0, sizeof key);
	key.sender = sender;
	key.kind = kind;
	struct item *item;
	void *replaced = NULL;

	pthread_mutex_lock(&mailbox->lock);
	HASH_FIND(hh, mailbox->items, &key, sizeof key, item);
	if (item) {
		replaced = item->payload;
		item->payload = payload;
	} else {
		if (!mailbox->items)
			raise_event(mailbox);
		item = memory_new(sizeof *item);
		memcpy(&item->key, &key, sizeof key);
		item->payload = payload;
		HASH_ADD(hh, mailbox->items, key, sizeof key, item);
	}
	pthread_mutex_unlock(&mailbox->lock);
	free_payload(mailbox, replaced);
}

bool mailbox_take(struct mailbox *mailbox, struct mailbox_message *ret_message)
{
	pthread_mutex_lock(&mailbox->lock);
	struct item *oldest = mailbox->items;
	if (oldest) {
		HASH_DEL(mailbox->items, oldest);
		if (!mailbox->items)
			clear_event(mailbox);
	}
	pthread_mutex_unlock(&mailbox->lock);
	if (!oldest)
		return false;
	*ret_message = (struct mailbox_message){
		.sender = oldest->key.sender,
		.kind = oldest->key.kind,
		.payload = oldest->payload,
	};
	free(oldest);
	return true;
}
