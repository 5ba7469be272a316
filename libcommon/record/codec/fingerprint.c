/* A schema's parsing canonical form, written from the tree, and its CRC-64-AVRO. The form names types in full, and a
 * type's second use by its name alone, which is why the tree remembers what was a reference. */
#include "record/codec/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(FILE *to, const struct schema_node *node);

static void print_fields(FILE *to, const struct schema_node *node)
{
	fputs(",\"fields\":[", to);
	for (size_t i = 0; i < node->count; i++) {
		fprintf(to, "%s{\"name\":\"%s\",\"type\":", i ? "," : "", node->children[i].field_name);
		print(to, &node->children[i]);
		fputc('}', to);
	}
	fputc(']', to);
}

static void print_symbols(FILE *to, const struct schema_node *node)
{
	fputs(",\"symbols\":[", to);
	for (size_t i = 0; i < node->count; i++)
		fprintf(to, "%s\"%s\"", i ? "," : "", node->symbols[i]);
	fputc(']', to);
}

static void print_named(FILE *to, const struct schema_node *node)
{
	fprintf(to, "{\"name\":\"%s\",\"type\":\"%s\"", node->type_name, schema_shape_names[node->shape]);
	if (node->shape == SCHEMA_RECORD)
		print_fields(to, node);
	else if (node->shape == SCHEMA_ENUM)
		print_symbols(to, node);
	else
		fprintf(to, ",\"size\":%zu", node->fixed_size);
	fputc('}', to);
}

static void print(FILE *to, const struct schema_node *node)
{
	if (node->is_reference) {
		fprintf(to, "\"%s\"", node->type_name);
		return;
	}
	switch (node->shape) {
	case SCHEMA_RECORD:
	case SCHEMA_ENUM:
	case SCHEMA_FIXED:
		print_named(to, node);
		break;
	case SCHEMA_ARRAY:
	case SCHEMA_MAP:
		fprintf(to, "{\"type\":\"%s\",\"%s\":", schema_shape_names[node->shape],
			node->shape == SCHEMA_ARRAY ? "items" : "values");
		print(to, &node->children[0]);
		fputc('}', to);
		break;
	case SCHEMA_UNION:
		fputc('[', to);
		for (size_t i = 0; i < node->count; i++) {
			if (i)
				fputc(',', to);
			print(to, &node->children[i]);
		}
		fputc(']', to);
		break;
	default:
		fprintf(to, "\"%s\"", schema_shape_names[node->shape]);
	}
}

char *fingerprint_canonical(const struct schema_node *root)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		abort();
	print(to, root);
	if (fclose(to) != 0)
		abort();
	return text;
}

uint64_t fingerprint_of(const struct schema_node *root)
{
	static const uint64_t empty = 0xc15d213aa4d7a795; /* as the specification has it */
	char *text = fingerprint_canonical(root);
	uint64_t crc = empty;
	for (const char *at = text; *at; at++) {
		crc ^= (uint8_t)*at;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? empty : 0);
	}
	free(text);
	return crc;
}
