/* Aligns the cells of a table. Its one idea: cells are kept as they will be shown, so that widths are true. */
#include "view/table.h"

#include <string.h>

#include "core/text.h"
#include "view/line.h"

struct table {
	const struct table_column *columns;
	size_t columns_count;
	char **cells;
	size_t count;
	size_t room;
};

enum { CELL_SIZE = 2048 };

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = memory_new(sizeof *table);
	table->columns = columns;
	table->columns_count = count;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_add(struct table *table, const char *cell)
{
	char shown[CELL_SIZE];
	text_printable(shown, sizeof shown, cell, strlen(cell));
	if (table->count == table->room) {
		table->room = table->room ? table->room * 2 : 64;
		table->cells = memory_resize(table->cells, table->room, sizeof table->cells[0]);
	}
	table->cells[table->count++] = memory_text(shown[0] ? shown : "-");
}

size_t table_rows(const struct table *table)
{
	return table->count / table->columns_count;
}

static void print_row(const struct table *table, const size_t *widths, const char *const *cells, FILE *to)
{
	struct line line;
	line_clear(&line);
	size_t column = 0;
	for (size_t i = 0; i < table->columns_count; i++) {
		size_t columns = line_columns(cells[i]);
		size_t blanks = table->columns[i].is_number ? widths[i] - columns : 0;
		line_pad(&line, column + blanks);
		line_add(&line, "%s", cells[i]);
		column += widths[i] + 2;
	}
	fprintf(to, "%s\n", line.text);
}

void table_print(const struct table *table, FILE *to)
{
	size_t count = table->columns_count;
	CLEANUP_FREE size_t *widths = memory_array(count, sizeof widths[0]);
	CLEANUP_FREE const char **names = memory_array(count, sizeof names[0]);
	for (size_t i = 0; i < count; i++) {
		names[i] = table->columns[i].name;
		widths[i] = line_columns(names[i]);
	}
	for (size_t i = 0; i < table_rows(table) * count; i++) {
		size_t columns = line_columns(table->cells[i]);
		if (columns > widths[i % count])
			widths[i % count] = columns;
	}
	print_row(table, widths, names, to);
	for (size_t row = 0; row < table_rows(table); row++)
		print_row(table, widths, (const char *const *)(table->cells + row * count), to);
}
