#include "run/memo.hpp"

#include "run/trace.hpp"

#include <fettle/error.hpp>

#include <algorithm>

namespace fettle::runtime {
namespace {

thread_local Charge* current_charge = nullptr;

/// Reads through the memo: single samples where each is made on its own, whole aligned blocks otherwise.
class Reader {
   public:
    Reader(const Sequence& inner, const Wrapping& wrapping) : inner_(inner), wrapping_(wrapping) {}

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const {
        if (wrapping_.stop_requested()) throw Interrupted();
        const std::uint32_t kept_round = inner_.varies() ? round : 0;
        const std::size_t block = std::max<std::size_t>(inner_.block(), 1);
        std::vector<Memo::Key> keys;
        for (const std::size_t index : indices) {
            const Memo::Key key{wrapping_.sequence, index / block, kept_round};
            if (block == 1 || std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
        }
        const auto make = [&](const std::vector<std::size_t>& missing) {
            return block == 1 ? make_singles(keys, missing, round) : make_blocks(keys, missing, block, round);
        };
        const auto made = wrapping_.memo->get(keys, make, [&](std::chrono::steady_clock::time_point begin) {
            if (wrapping_.trace != nullptr)
                wrapping_.trace->slice(wrapping_.account->name, "wait for samples", begin, Trace::Clock::now());
        });
        std::vector<Batch::Row> rows;
        for (std::size_t i = 0; i < indices.size(); ++i) {
            if (block == 1) {
                rows.emplace_back(made[i], 0);
                continue;
            }
            const auto at =
                std::find(keys.begin(), keys.end(), Memo::Key{wrapping_.sequence, indices[i] / block, kept_round});
            rows.emplace_back(made[static_cast<std::size_t>(at - keys.begin())], indices[i] % block);
        }
        return Batch::gather(rows);
    }

   private:
    Ref<Batch> make(std::span<const std::size_t> indices, std::uint32_t round) const {
        Charge charge(*wrapping_.account, wrapping_.trace, wrapping_.reading);
        try {
            auto batch = inner_.read(indices, round);
            if (!batch || batch->size() != indices.size())
                throw Error(Fault::plugin, "it was asked for " + std::to_string(indices.size()) + " samples and gave " +
                                               std::to_string(batch ? batch->size() : 0));
            wrapping_.account->items += indices.size();
            charge.is_batch(indices.size());
            return batch;
        } catch (const Interrupted&) {
            throw;
        } catch (const StageFailure&) {
            throw;
        } catch (...) {
            throw StageFailure(wrapping_.node, std::current_exception());
        }
    }

    std::vector<Ref<Batch>> make_singles(const std::vector<Memo::Key>& keys, const std::vector<std::size_t>& missing,
                                         std::uint32_t round) const {
        std::vector<std::size_t> indices;
        for (const std::size_t k : missing) indices.push_back(std::get<1>(keys[k]));
        const auto batch = make(indices, round);
        std::vector<Ref<Batch>> out;
        for (std::size_t i = 0; i < indices.size(); ++i)
            out.push_back(batch->on_host() ? std::make_shared<Batch>(std::vector{batch->sample(i)})
                                           : Batch::gather(std::vector<Batch::Row>{{batch, i}}));
        return out;
    }

    std::vector<Ref<Batch>> make_blocks(const std::vector<Memo::Key>& keys, const std::vector<std::size_t>& missing,
                                        std::size_t block, std::uint32_t round) const {
        std::vector<Ref<Batch>> out;
        for (const std::size_t k : missing) {
            std::vector<std::size_t> indices;
            const std::size_t first = std::get<1>(keys[k]) * block;
            for (std::size_t i = first; i < std::min(first + block, inner_.size()); ++i) indices.push_back(i);
            out.push_back(make(indices, round));
        }
        return out;
    }

    const Sequence& inner_;
    const Wrapping& wrapping_;
};

class WrappedImages final : public Images {
   public:
    WrappedImages(Ref<Images> inner, Wrapping wrapping) : inner_(std::move(inner)), wrapping_(std::move(wrapping)) {}
    std::size_t size() const override { return inner_->size(); }
    const SampleInfo& info(std::size_t index) const override { return inner_->info(index); }
    std::size_t block() const override { return inner_->block(); }
    bool varies() const override { return inner_->varies(); }
    std::vector<std::string> left_out() const override { return inner_->left_out(); }
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        return Reader(*inner_, wrapping_).read(indices, round);
    }

   private:
    Ref<Images> inner_;
    Wrapping wrapping_;
};

class WrappedMaps final : public Maps {
   public:
    WrappedMaps(Ref<Maps> inner, Wrapping wrapping) : inner_(std::move(inner)), wrapping_(std::move(wrapping)) {}
    std::size_t size() const override { return inner_->size(); }
    const SampleInfo& info(std::size_t index) const override { return inner_->info(index); }
    std::size_t block() const override { return inner_->block(); }
    bool varies() const override { return inner_->varies(); }
    std::string label() const override { return inner_->label(); }
    Ref<Images> reference() const override { return inner_->reference(); }
    Ref<Images> candidate() const override { return inner_->candidate(); }
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        return Reader(*inner_, wrapping_).read(indices, round);
    }

   private:
    Ref<Maps> inner_;
    Wrapping wrapping_;
};

}  // namespace

Charge::Charge(Account& account, Trace* trace, const char* what)
    : account_(account), trace_(trace), what_(what), outer_(current_charge), begin_(Clock::now()), since_(begin_) {
    if (outer_ != nullptr) outer_->pause(begin_);
    current_charge = this;
    account_.give_sign();
    ++account_.inside;
}

Charge::~Charge() {
    const auto now = Clock::now();
    pause(now);
    if (items_ > 0) account_.add_batch(own_, items_);
    account_.give_sign();
    --account_.inside;
    if (trace_ != nullptr) trace_->slice(account_.name, what_, begin_, now);
    current_charge = outer_;
    if (outer_ != nullptr) outer_->since_ = now;
}

void Charge::pause(Clock::time_point now) {
    const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(now - since_).count();
    account_.nanoseconds += passed;
    own_ += passed;
}

void Charge::done(const Account& account, std::uint64_t items) {
    Charge* const self = current_charge;
    if (self == nullptr || &self->account_ != &account || items == self->items_before_) return;
    settle();
    if (items > self->items_before_)  // otherwise it counts anew
        self->account_.add_batch(self->own_ - self->own_before_, items - self->items_before_);
    self->own_before_ = self->own_;
    self->items_before_ = items;
}

void Charge::settle() {
    if (current_charge == nullptr) return;
    const auto now = Clock::now();
    current_charge->pause(now);
    current_charge->since_ = now;
}

std::size_t Memo::Hash::operator()(const Key& key) const {
    std::size_t hash = std::get<0>(key) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ std::get<1>(key)) * 0xC2B2AE3D27D4EB4Fu;
    return (hash ^ (hash >> 29) ^ std::get<2>(key)) * 0x165667B19E3779F9u;
}

std::vector<Memo::Item> Memo::get(const std::vector<Key>& keys,
                                  const std::function<std::vector<Item>(const std::vector<std::size_t>&)>& make,
                                  const std::function<void(std::chrono::steady_clock::time_point)>& waited) {
    std::vector<Item> out(keys.size());
    std::vector<std::size_t> missing, awaited;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t k = 0; k < keys.size(); ++k) {
            const auto [entry, fresh] = entries_.try_emplace(keys[k]);
            if (fresh) {
                order_.push_front(keys[k]);
                entry->second.place = order_.begin();
                missing.push_back(k);
            } else if (entry->second.item) {
                out[k] = entry->second.item;
                order_.splice(order_.begin(), order_, entry->second.place);
            } else {
                awaited.push_back(k);
            }
        }
    }
    if (!missing.empty()) {
        std::vector<Item> made;
        std::exception_ptr failure;
        try {
            made = make(missing);
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < missing.size(); ++i) {
            const auto entry = entries_.find(keys[missing[i]]);
            if (failure) {  // whoever waits for it tries for itself, and fails with words of its own
                order_.erase(entry->second.place);
                entries_.erase(entry);
                continue;
            }
            out[missing[i]] = made[i];
            entry->second.item = made[i];
            entry->second.bytes = made[i]->bytes();
            used_ += entry->second.bytes;
        }
        make_room();
        changed_.notify_all();
        if (failure) std::rethrow_exception(failure);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const std::size_t k : awaited) {
        std::unique_lock lock(mutex_);
        // An entry made meanwhile may be gone again for want of room, or its maker failed: then it is made here.
        changed_.wait(lock, [&] {
            const auto entry = entries_.find(keys[k]);
            return entry == entries_.end() || entry->second.item;
        });
        if (const auto entry = entries_.find(keys[k]); entry != entries_.end()) {
            out[k] = entry->second.item;
            continue;
        }
        lock.unlock();
        out[k] = get({keys[k]}, [&](const std::vector<std::size_t>&) { return make({k}); }).front();
    }
    if (waited && !awaited.empty()) waited(begin);
    return out;
}

void Memo::make_room() {
    for (auto key = order_.end(); used_ > limit_ && key != order_.begin();) {
        --key;
        const auto entry = entries_.find(*key);
        if (!entry->second.item) continue;  // being made
        used_ -= entry->second.bytes;
        entries_.erase(entry);
        key = order_.erase(key);
    }
}

std::size_t Memo::bytes() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

ValueRef wrap(ValueRef value, const Wrapping& wrapping) {
    const auto sequence = std::dynamic_pointer_cast<const Sequence>(value);
    if (!sequence || sequence->is_view()) return value;
    if (auto images = std::dynamic_pointer_cast<const Images>(value))
        return std::make_shared<WrappedImages>(std::move(images), wrapping);
    if (auto maps = std::dynamic_pointer_cast<const Maps>(value))
        return std::make_shared<WrappedMaps>(std::move(maps), wrapping);
    return value;
}

}  // namespace fettle::runtime
