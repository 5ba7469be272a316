/* A record as scripts get it: one JSON object on one line. */
#ifndef VIEW_JSON_LINE_H
#define VIEW_JSON_LINE_H

#include "record/record.h"

/* The record's own fields behind "record":"KIND", with the newline. The caller's (free); NULL where it cannot be
 * printed: the struct is one that no record may hold. */
char *json_line(const char *kind, const struct record_type *type, const void *record);

#endif
