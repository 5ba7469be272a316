/* Memory that cannot fail: what the machine does not have ends the process here, so that no caller has a branch
 * that is never tried. */
#include "core/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void *memory_new(size_t size)
{
	return memory_array(1, size);
}

void *memory_array(size_t count, size_t size)
{
	/* malloc(0) may return NULL, and NULL is out of memory here. */
	if (count == 0 || size == 0)
		count = size = 1;
	return must(calloc(count, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
	/* With a size of 0 realloc frees. */
	if (count == 0 || size == 0)
		count = size = 1;
	return must(reallocarray(old, count, size));
}

void *memory_copy(const void *from, size_t size)
{
	void *copy = memory_new(size);
	if (size > 0)
		memcpy(copy, from, size);
	return copy;
}

char *memory_text(const char *from)
{
	return from ? must(strdup(from)) : NULL;
}

char *memory_format(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0)
		abort();
	return text;
}

void memory_freep(void *pointer_to_pointer)
{
	void *pointer;
	memcpy(&pointer, pointer_to_pointer, sizeof pointer);
	free(pointer);
}

void memory_closep(int *fd)
{
	/* A scope that ends after a failure still owes its caller the cause. */
	int errno_before = errno;
	if (*fd >= 0)
		close(*fd);
	errno = errno_before;
}

void memory_fclosep(void *pointer_to_file)
{
	FILE *file;
	memcpy(&file, pointer_to_file, sizeof file);
	if (file)
		fclose(file);
}
