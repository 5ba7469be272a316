/* capbus-upload: see upload.h for what it does, stage/stage.h for how it starts and ends. */
#include "upload.h"

int main(int argc, char **argv)
{
	return stage_main(&upload_program, argc, argv);
}
