/* For tests: one request, k7f3qa, on targets of the test's choice, and the records that are written of it. */
#ifndef VIEW_TESTING_H
#define VIEW_TESTING_H

#include "view.h"

/* 2026-11-23T14:02:00Z: when everything happens. */
#define TESTING_START_MS INT64_C(1795442520000)
#define TESTING_SECOND_NS INT64_C(1000000000)

/* Where the records are folded, the request once one was, and the record that was begun, for the test to add to. */
extern struct view *testing_view;
extern struct view_request *testing_request;
extern struct event testing_event;
extern struct result testing_result;
/* Whether the gateway vouches for alice; it does. */
extern bool testing_is_verified;

/* For cmocka: a new view, and its end. */
int view_testing_set_up(void **state);
int view_testing_tear_down(void **state);

/* An event as a worker writes it; QUEUED and REFUSED have the request: `port 179`, alice by capbus, 30 s or 20
 * packets. */
void view_testing_begin(const char *target, enum event_kind kind, int64_t version);
void view_testing_fold(void);
void view_testing_queue(const char *target);

/* A result as upload writes it, of a capture that ran for 11.2 s; version 1. */
void view_testing_begin_result(const char *target, enum outcome_state state);
void view_testing_fold_result(void);
/* A complete one, stored in a folder; and one that never ran. */
void view_testing_captured(const char *target, int64_t packets, const char *link);
void view_testing_ended(const char *target, enum outcome_state state, const char *reason, const char *detail);

/* What a reader gets, word for word. */
void view_testing_assert_block(const char *wanted);
void view_testing_assert_last_word(const char *wanted);

#endif
