// Reading what LibTorch, its libraries and the allocator throw.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace fettle {

/// Whether an exception of the allocator, of LibTorch (on the CPU or a GPU), of cuDNN or of cuBLAS says that memory ran
/// out. LibTorch has types of its own only in some versions, so its words count.             [any thread, concurrent]
inline bool means_out_of_memory(const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
    const std::string_view text = error.what();
    for (const char* words : {"out of memory", "not enough memory", "can't allocate memory",
                              "CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED"})
        if (text.find(words) != std::string_view::npos) return true;
    return false;
}

/// The sentence of an exception: without LibTorch's stack behind it, and without the lines of a TorchScript program
/// before it.                                                                               [any thread, concurrent]
inline std::string sentence_of(const std::exception& error) {
    std::string text = error.what();
    if (const auto end = text.find("Exception raised from"); end != std::string::npos) text.resize(end);
    constexpr std::string_view mark = "RuntimeError: ";  // the interpreter names the line of the program first
    if (const auto last = text.rfind(mark); last != std::string::npos) text.erase(0, last + mark.size());
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

}  // namespace fettle
