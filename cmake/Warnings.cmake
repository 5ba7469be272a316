# Flags that every target of ours gets. Warnings are errors in every preset.

add_library(capbus_flags INTERFACE)
# uthash: its default hash falls through in a way that clang warns of.
target_compile_definitions(capbus_flags INTERFACE _GNU_SOURCE HASH_FUNCTION=HASH_FNV)
target_compile_options(capbus_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef
  -Wformat=2 -Wvla -Wimplicit-fallthrough -Wconversion -Wno-sign-conversion
  $<$<BOOL:${CMAKE_COMPILE_WARNING_AS_ERROR}>:-Werror>
  -fno-common -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(capbus_flags INTERFACE -fstack-protector-strong -fstack-clash-protection)
  target_compile_definitions(capbus_flags INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(capbus_flags INTERFACE -Wl,-z,relro,-z,now)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_link_options(capbus_flags INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()
