// What tests can't ask of a program that a sanitizer watches.
#pragma once

namespace testing_fettle {

/// Built with AddressSanitizer or ThreadSanitizer: its shadow memory fits under no limit of addresses or of data.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_shadow_memory = true;
#else
inline constexpr bool has_shadow_memory = false;
#endif

/// What stands before a program's name in a shell's line: LeakSanitizer stumbles over threads that live when a process
/// ends.
inline constexpr const char* without_leaks = has_shadow_memory ? "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" " : "";

}  // namespace testing_fettle
