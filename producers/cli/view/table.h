/* Tables for people: columns as wide as their widest cell, two blanks between them. */
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/memory.h"

struct table_column {
	const char *name; /* a string constant, upper case */
	bool is_number;   /* flush right */
};

struct table;

/* `columns` is kept. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);
MEMORY_DEFINE_FREEP(struct table, table_free)

/* The next cell, from left to right, row by row: copied and made printable; "" is shown as `-`. */
void table_add(struct table *table, const char *cell);
size_t table_rows(const struct table *table);

/* The headings and all rows that are whole. Lines are not cut: they are also for grep. */
void table_print(const struct table *table, FILE *to);

#endif
