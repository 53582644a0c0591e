// A CUDA device that is none. Where LibTorch was built without CUDA, the program that links stand_in.cpp has one device
// `cuda:0`, whose memory is the host's and whose operations are the processor's, but which is as strict as a GPU:
//   - an operation on tensors of the host and of the device together fails, as it would there;
//   - new memory holds what was in it before: here NaN;
//   - it has as much memory as a test gives it, and then says what a GPU says;
//   - a copy that nobody waits for (`non_blocking`, from pinned memory, on a stream of its own) isn't made until
//     something waits: whoever computes with it before finds NaN.
// So what runs here brings everything to the device that has to be there, and waits where it must. What it can't show
// is how fast a GPU is, what its own kernels compute, and what overlaps.
#pragma once

#include <cstddef>
#include <string>

namespace stand_in {

/// Why there is no such device here: empty where there is one.
std::string missing();

/// What the device did since `forget()`.                                           [any thread, concurrent]
struct Done {
    std::size_t operations = 0;  ///< computed there
    std::size_t sent = 0;        ///< copies from the host
    std::size_t sent_ahead = 0;  ///< of those: made later, on a stream of their own
    std::size_t brought = 0;     ///< copies to the host, single numbers not among them
    std::size_t peak = 0;        ///< bytes that it held at once, at most
};
Done done();
void forget();

/// From now on it holds so many bytes, and no more.
void set_memory(std::size_t bytes);

}  // namespace stand_in
