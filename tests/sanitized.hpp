// What tests can't ask of a program that a sanitizer watches.
#pragma once

namespace testing_fettle {

/// Built with AddressSanitizer or ThreadSanitizer: its shadow memory fits under no limit of addresses or of data.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_shadow_memory = true;
#else
inline constexpr bool has_shadow_memory = false;
#endif

}  // namespace testing_fettle
