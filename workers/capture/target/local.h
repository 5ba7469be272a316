/* Kind `local`: captures on an interface of this machine (or `any`, all of them) with libpcap. Needs cap_net_raw
 * permitted; raises it in the calling thread around the opening, and drops it there for good. */
#ifndef TARGET_LOCAL_H
#define TARGET_LOCAL_H

#include "target/target.h"

extern const struct target_kind local_kind;

#endif
