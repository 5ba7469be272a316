/* The capture stage: takes requests from the inbox, runs one capture at a time per target, and sends its packets. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "stage/stage.h"

extern const struct stage_program capture_program;

#endif
