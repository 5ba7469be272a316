/* capbus-capture: see capture.h for what it does, stage/stage.h for how it starts and ends. */
#include "capture.h"

int main(int argc, char **argv)
{
	return stage_main(&capture_program, argc, argv);
}
