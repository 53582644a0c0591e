#include "stand_in.hpp"

#include <torch/torch.h>

#if TORCH_VERSION_MAJOR == 1 && !FETTLE_TORCH_HAS_CUDA

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

namespace {

using at::Tensor;
using c10::IValue;

const c10::Device the_device(c10::kCUDA, 0);

std::atomic<std::size_t> operations, sent, sent_ahead, brought;

// ---- memory: the host's, counted
// --------------------------------------------------------------------------------------

std::atomic<std::size_t> held, peak, most = std::numeric_limits<std::size_t>::max();

class Block {
   public:
    /// `owner`: a tensor of the host that the memory belongs to; undefined where it is this block's.
    Block(void* data, std::size_t bytes, Tensor owner) : data_(data), bytes_(bytes), owner_(std::move(owner)) {
        const std::size_t now = held += bytes_;
        for (std::size_t before = peak; before < now && !peak.compare_exchange_weak(before, now);) {
        }
    }
    ~Block() {
        held -= bytes_;
        if (!owner_.defined()) std::free(data_);
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

   private:
    void* data_;
    std::size_t bytes_;
    Tensor owner_;
};

void require_room(std::size_t bytes) {
    TORCH_CHECK_WITH(OutOfMemoryError, held + bytes <= most, "CUDA out of memory. Tried to allocate ", bytes, " bytes");
}

c10::DataPtr block(void* data, std::size_t bytes, Tensor owner) {
    return {data, new Block(data, bytes, std::move(owner)), [](void* made) { delete static_cast<Block*>(made); },
            the_device};
}

// ---- streams: what was asked of each, and isn't done yet
// -------------------------------------------------------------

class Streams {
   public:
    static Streams& all() {
        static Streams streams;
        return streams;
    }
    void later(c10::StreamId stream, std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        waiting_[stream].push_back(std::move(work));
    }
    void finish(c10::StreamId stream) {
        const std::lock_guard lock(mutex_);
        for (const auto& work : waiting_[stream]) work();
        waiting_[stream].clear();
    }
    c10::StreamId next() { return ++last_; }

   private:
    std::mutex mutex_;
    std::map<c10::StreamId, std::vector<std::function<void()>>> waiting_;
    std::atomic<c10::StreamId> last_ = 0;
};

thread_local c10::StreamId current = 0;  // 0: the default one, which does everything at once

c10::Stream stream_of(c10::StreamId id) { return c10::Stream(c10::Stream::UNSAFE, the_device, id); }

struct Guard final : c10::impl::DeviceGuardImplInterface {
    c10::DeviceType type() const override { return c10::kCUDA; }
    c10::Device exchangeDevice(c10::Device) const override { return the_device; }
    c10::Device getDevice() const override { return the_device; }
    void setDevice(c10::Device) const override {}
    void uncheckedSetDevice(c10::Device) const noexcept override {}
    c10::Stream getStream(c10::Device) const noexcept override { return stream_of(current); }
    c10::Stream getDefaultStream(c10::Device) const override { return stream_of(0); }
    c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override { return stream_of(Streams::all().next()); }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override {
        return stream_of(std::exchange(current, stream.id()));
    }
    c10::DeviceIndex deviceCount() const noexcept override { return 1; }
    // An event is the stream that it was recorded on: waiting for it is doing what was asked of that stream.
    void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag) const override {
        if (*event == nullptr) *event = new c10::StreamId;
        *static_cast<c10::StreamId*>(*event) = stream.id();
    }
    void block(void* event, const c10::Stream&) const override {
        if (event != nullptr) Streams::all().finish(*static_cast<c10::StreamId*>(event));
    }
    bool queryEvent(void*) const override { return true; }
    void destroyEvent(void* event, c10::DeviceIndex) const noexcept override {
        delete static_cast<c10::StreamId*>(event);
    }
    void synchronizeStream(const c10::Stream& stream) const override { Streams::all().finish(stream.id()); }
};

struct Memory final : c10::Allocator {
    c10::DataPtr allocate(std::size_t bytes) const override {
        require_room(bytes);
        void* const data = std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
        std::memset(data, 0xff, bytes);  // NaN as float, as double and as bfloat16
        return block(data, bytes, {});
    }
};

struct Hooks final : at::CUDAHooksInterface {
    explicit Hooks(at::CUDAHooksArgs) {}
    void initCUDA() const override {}
    bool hasCUDA() const override { return true; }
    bool hasPrimaryContext(std::int64_t) const override { return true; }
    std::int64_t current_device() const override { return 0; }
    int getNumGPUs() const override { return 1; }
    void deviceSynchronize(std::int64_t) const override {}
    c10::Allocator* getPinnedMemoryAllocator() const override { return c10::GetAllocator(c10::kCPU); }
    const at::Generator& getDefaultCUDAGenerator(c10::DeviceIndex) const override {
        static const at::Generator generator = at::detail::createCPUGenerator();
        return generator;
    }
};

// ---- tensors: the same memory under both names
// -----------------------------------------------------------------------

Tensor on_host(const Tensor& there) {
    const auto options = there.options().device(c10::kCPU);
    if (there.numel() == 0) return at::empty(there.sizes(), options);
    return at::from_blob(
        there.data_ptr(), there.sizes(), there.strides(), [there](void*) {}, options);
}

Tensor on_device(const Tensor& here) {
    if (!here.defined() || !here.is_cpu()) return here;
    const std::size_t bytes = at::detail::computeStorageNbytes(here.sizes(), here.strides(), here.element_size());
    require_room(bytes);
    c10::DataPtr data = block(here.data_ptr(), bytes, here);
    Tensor there =
        at::detail::make_tensor<c10::TensorImpl>(c10::Storage(c10::Storage::use_byte_size_t(), bytes, std::move(data)),
                                                 c10::DispatchKeySet(c10::DispatchKey::CUDA), here.dtype());
    there.unsafeGetTensorImpl()->set_sizes_and_strides(here.sizes(), here.strides());
    return there;
}

// ---- operations
// ------------------------------------------------------------------------------------------------------

/// Does `of` to every tensor in the value, wherever in it.
IValue each_tensor(const IValue& value, const std::function<Tensor(const Tensor&)>& of) {
    if (value.isTensor()) return of(value.toTensor());
    if (value.isTensorList()) {
        c10::List<Tensor> out;
        for (const Tensor& tensor : value.toTensorVector()) out.push_back(of(tensor));
        return out;
    }
    if (value.isOptionalTensorList()) {
        c10::List<c10::optional<Tensor>> out;
        for (const auto& tensor : value.toOptionalTensorVector())
            out.push_back(tensor ? c10::optional<Tensor>(of(*tensor)) : tensor);
        return out;
    }
    return value;
}

/// Every operation that LibTorch doesn't make of others: by the processor, in the device's memory.
void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
    if (current != 0) Streams::all().finish(current);
    ++operations;
    const auto& schema = op.schema();
    const std::size_t count = schema.arguments().size(), begin = stack->size() - count;
    const std::vector<IValue> given(stack->begin() + static_cast<std::ptrdiff_t>(begin), stack->end());
    const bool takes_indices = schema.name().find("index") != std::string::npos;
    for (std::size_t i = 0; i < count; ++i) {
        IValue& argument = (*stack)[begin + i];
        if (argument.isDevice()) argument = c10::Device(c10::kCPU);
        const bool may_be_here = takes_indices && argument.isOptionalTensorList();
        argument = each_tensor(given[i], [&](const Tensor& tensor) {
            if (!tensor.defined()) return tensor;
            if (tensor.is_cuda()) return on_host(tensor);
            TORCH_CHECK(tensor.dim() == 0 || may_be_here,
                        "Expected all tensors to be on the same device, but argument ", schema.arguments()[i].name(),
                        " of ", schema.name(), " is on the host");
            return tensor;
        });
        if (given[i].isDevice()) argument = c10::Device(c10::kCPU);
    }
    const std::vector<IValue> taken(stack->begin() + static_cast<std::ptrdiff_t>(begin), stack->end());
    op.callBoxed(stack);
    // What was written into keeps its name; where it had to grow, its memory is another now.
    const auto written = [&](std::size_t i) {
        const auto* alias = schema.arguments()[i].alias_info();
        return alias != nullptr && alias->isWrite() && given[i].isTensor() && given[i].toTensor().defined();
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (!written(i)) continue;
        const Tensor there = given[i].toTensor(), here = taken[i].toTensor();
        if (!there.is_cuda() || (there.sizes() == here.sizes() && there.numel() != 0)) continue;
        const Tensor grown = on_device(here);
        there.unsafeGetTensorImpl()->set_storage_keep_dtype(grown.storage());
        there.unsafeGetTensorImpl()->set_sizes_and_strides(grown.sizes(), grown.strides());
    }
    const auto& returns = schema.returns();
    const std::size_t first = stack->size() - returns.size();
    for (std::size_t r = 0; r < returns.size(); ++r) {
        IValue& result = (*stack)[first + r];
        const auto* alias = returns[r].alias_info();
        bool same = false;
        for (std::size_t i = 0; alias != nullptr && alias->isWrite() && i < count && !same; ++i) {
            same = written(i) && schema.arguments()[i].alias_info()->beforeSets() == alias->beforeSets();
            if (same) result = given[i];
        }
        if (!same) result = each_tensor(result, on_device);
    }
}

Tensor& copy(Tensor& to, const Tensor& from, bool non_blocking) {
    if (from.is_cuda() && current != 0) Streams::all().finish(current);
    const Tensor source = from.is_cuda() ? on_host(from) : from, target = to.is_cuda() ? on_host(to) : to;
    if (to.is_cuda() && from.is_cpu() && from.dim() > 0) ++sent;
    if (to.is_cpu() && from.dim() > 0) ++brought;
    if (!non_blocking || current == 0 || to.is_cpu()) {
        target.copy_(source);
        return to;
    }
    ++sent_ahead;
    Streams::all().later(current, [source, target] {
        const at::AutoDispatchBelowAutograd below;
        target.copy_(source);
    });
    return to;
}

bool is_pinned(const Tensor&, c10::optional<c10::Device>) { return false; }
Tensor pinned(const Tensor& here, c10::optional<c10::Device>) { return here.clone(); }
void used_on(Tensor&, c10::Stream) {}

Tensor empty(c10::IntArrayRef sizes, c10::optional<c10::ScalarType> type, c10::optional<c10::Layout>,
             c10::optional<c10::Device>, c10::optional<bool>, c10::optional<c10::MemoryFormat> format) {
    static Memory memory;
    return at::detail::empty_generic(sizes, &memory, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                     c10::dtype_or_default(type), format);
}
Tensor empty_strided(c10::IntArrayRef sizes, c10::IntArrayRef strides, c10::optional<c10::ScalarType> type,
                     c10::optional<c10::Layout>, c10::optional<c10::Device>, c10::optional<bool>) {
    static Memory memory;
    return at::detail::empty_strided_generic(sizes, strides, &memory, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                             c10::dtype_or_default(type));
}

Tensor& set_storage(Tensor& tensor, c10::Storage storage, std::int64_t offset, c10::IntArrayRef sizes,
                    c10::IntArrayRef strides) {
    auto* const impl = tensor.unsafeGetTensorImpl();
    impl->set_storage_keep_dtype(std::move(storage));
    impl->set_storage_offset(offset);
    impl->set_sizes_and_strides(sizes, strides);
    return tensor;
}

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
    m.impl("empty.memory_format", &empty);
    m.impl("empty_strided", &empty_strided);
    m.impl("copy_", &copy);
    m.impl("is_pinned", &is_pinned);
    m.impl("_pin_memory", &pinned);
    m.impl("record_stream", &used_on);
    m.impl("set_.source_Storage_storage_offset", &set_storage);
    // LibTorch makes these of kernels that only a real one has.
    for (const char* name : {"_convolution", "convolution_backward"})
        m.impl(name, torch::CppFunction::makeFromBoxedFunction<&compute>());
}

}  // namespace

namespace c10 {
C10_REGISTER_GUARD_IMPL(CUDA, Guard);
}
namespace at {
C10_REGISTER_CLASS(CUDAHooksRegistry, CUDAHooks, Hooks);
}

namespace stand_in {
std::string missing() { return ""; }
Done done() { return {operations, sent, sent_ahead, brought, peak}; }
void forget() {
    operations = sent = sent_ahead = brought = 0;
    peak = held.load();
}
void set_memory(std::size_t bytes) { most = bytes; }
}  // namespace stand_in

#else

namespace stand_in {
std::string missing() {
    return FETTLE_TORCH_HAS_CUDA ? "this LibTorch has CUDA itself: its tests run on a real device"
                                 : "the stand-in for a CUDA device is written for LibTorch 1.13, this one is newer";
}
Done done() { return {}; }
void forget() {}
void set_memory(std::size_t) {}
}  // namespace stand_in

#endif
