/* The upload stage: puts each capture's chunks together to a file, proves it complete, stores it, and says so in the
 * capture's result. */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "stage/stage.h"

extern const struct stage_program upload_program;

#endif
