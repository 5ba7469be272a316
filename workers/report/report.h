/* The report stage: follows events and results, and tells whoever asked what becomes of his captures. */
#ifndef REPORT_H
#define REPORT_H

#include "stage/stage.h"

extern const struct stage_program report_program;

#endif
