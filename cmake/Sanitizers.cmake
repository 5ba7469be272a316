# CAPBUS_SANITIZE=address or thread: chosen by the presets asan, tsan and fuzz.

set(CAPBUS_SANITIZE "" CACHE STRING "address (with undefined), thread, or empty")
set(CAPBUS_FUZZ OFF CACHE BOOL "build the fuzz targets with libFuzzer (needs clang)")
if(CAPBUS_SANITIZE STREQUAL "address")
  set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(CAPBUS_SANITIZE STREQUAL "thread")
  set(flags -fsanitize=thread -fno-omit-frame-pointer)
endif()
if(CAPBUS_FUZZ)
  list(APPEND flags -fsanitize=fuzzer-no-link)
endif()
target_compile_options(capbus_flags INTERFACE ${flags})
target_link_options(capbus_flags INTERFACE ${flags})
