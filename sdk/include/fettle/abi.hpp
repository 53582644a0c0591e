// The banner that a plugin carries in its read-only data. The host reads it from the file's bytes before loading,
// so nothing of a plugin that doesn't match ever runs. Left of '|' must match; right of it is reported.
#pragma once

#include <cstddef>
#include <string_view>

/// Raised when anything under sdk/include changes its layout or meaning.
#define FETTLE_SDK_REVISION "4"

#define FETTLE_TEXT_(x) #x
#define FETTLE_TEXT(x) FETTLE_TEXT_(x)

#if defined(__GLIBCXX__)
#if _GLIBCXX_USE_CXX11_ABI
#define FETTLE_ABI_STDLIB "libstdc++/cxx11"
#else
#define FETTLE_ABI_STDLIB "libstdc++/old"
#endif
#else
#define FETTLE_ABI_STDLIB "libc++"
#endif

#if defined(_GLIBCXX_DEBUG)
#define FETTLE_ABI_CONTAINERS "debug"
#else
#define FETTLE_ABI_CONTAINERS "plain"
#endif

#if defined(__SANITIZE_ADDRESS__)
#define FETTLE_ABI_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define FETTLE_ABI_SANITIZER "thread"
#else
#define FETTLE_ABI_SANITIZER "none"
#endif

// Set by fettle_add_plugin (and for the host by its build): the libraries whose types cross the boundary.
#ifndef FETTLE_ABI_TORCH
#define FETTLE_ABI_TORCH "none"
#endif
#ifndef FETTLE_ABI_OPENCV
#define FETTLE_ABI_OPENCV "none"
#endif

#if defined(NDEBUG)
#define FETTLE_ABI_BUILD "release"
#else
#define FETTLE_ABI_BUILD "debug"
#endif

// Of the SDK's headers, without comments and spacing: set by fettle_add_plugin (and for the host by its build), so that
// a plugin built against other headers of the same revision is known.
#ifndef FETTLE_SDK_HEADERS
#define FETTLE_SDK_HEADERS "unknown"
#endif
#ifndef FETTLE_SOURCE_DIGEST
#define FETTLE_SOURCE_DIGEST "unknown"
#endif

#define FETTLE_ABI_MARK "@fettle-abi:"
#define FETTLE_ABI_HARD                                                                                \
    "sdk=" FETTLE_SDK_REVISION ";headers=" FETTLE_SDK_HEADERS ";stdlib=" FETTLE_ABI_STDLIB             \
    ";containers=" FETTLE_ABI_CONTAINERS ";sanitizer=" FETTLE_ABI_SANITIZER ";torch=" FETTLE_ABI_TORCH \
    ";opencv=" FETTLE_ABI_OPENCV
#define FETTLE_ABI_BANNER                                                               \
    FETTLE_ABI_MARK FETTLE_ABI_HARD "|compiler=" __VERSION__ ";build=" FETTLE_ABI_BUILD \
                                    ";source=" FETTLE_SOURCE_DIGEST "\n"

namespace fettle {

/// The digest of what the SDK's libraries themselves are made of, hexadecimal; part of every cache key.
///                                                                                    [any thread, concurrent]
std::string_view sdk_digest();

}  // namespace fettle
