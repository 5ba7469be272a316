/* capbus-report: see report.h for what it does, stage/stage.h for how it starts and ends. */
#include "report.h"

int main(int argc, char **argv)
{
	return stage_main(&report_program, argc, argv);
}
