/* Looks up headers of a record that is plain data. The last of a name counts, as in Kafka's own clients, so that who
 * forwards a record can add a header without reading those before. */
#include "bus/bus_record.h"

#include <string.h>

#include "core/text.h"

const struct bus_header *bus_record_header(const struct bus_record *record, const char *name)
{
	for (size_t i = record->headers_count; i > 0; i--)
		if (text_equal(record->headers[i - 1].name, name))
			return &record->headers[i - 1];
	return NULL;
}

bool bus_record_header_text(const struct bus_record *record, const char *name, char *to, size_t size)
{
	to[0] = '\0';
	const struct bus_header *header = bus_record_header(record, name);
	if (!header || !header->value || header->size >= size || memchr(header->value, '\0', header->size))
		return false;
	return text_copy_bytes(to, size, header->value, header->size);
}
