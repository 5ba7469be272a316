/* Memory that cannot fail, and clean-up at the end of a scope.
 *
 * Lengths are bounded before they get here; when the machine has no memory left the process ends (abort), and
 * the ledgers make that cheap. Everything returned is freed with free(). Any thread. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

void *memory_new(size_t size);                                 /* zeroed */
void *memory_array(size_t count, size_t size);                 /* zeroed; aborts when the product overflows */
void *memory_resize(void *old, size_t count, size_t size);     /* like reallocarray */
void *memory_copy(const void *from, size_t size);
char *memory_text(const char *from);                           /* NULL stays NULL */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `CLEANUP(x_freep) struct x *it = NULL;` frees at the end of the scope; handing over is `it = NULL`. */
#define CLEANUP(function) __attribute__((cleanup(function)))
#define CLEANUP_FREE CLEANUP(memory_freep)
#define CLEANUP_CLOSE CLEANUP(memory_closep)                   /* an int; -1 is none */
#define CLEANUP_FILE CLEANUP(memory_fclosep)                   /* a FILE * */

void memory_freep(void *pointer_to_pointer);
void memory_closep(int *fd);
void memory_fclosep(void *pointer_to_file);

/* Defines x_freep for CLEANUP from x_free. */
#define MEMORY_DEFINE_FREEP(type, free_function)                                                               \
	static inline void free_function##p(type **it)                                                         \
	{                                                                                                      \
		free_function(*it);                                                                            \
	}

#endif
