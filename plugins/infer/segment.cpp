#include "network.hpp"

#include <algorithm>
#include <list>
#include <map>

namespace {

using fettle::Batch;
using fettle::Ref;
using fettle::Tensor;

/// What one pass gives, in two halves; whoever asks for one half causes both, and the other waits here for its reader
/// as long as there is room.                                            [any thread, concurrent with itself]
class Passes {
   public:
    Passes(Ref<fettle::Network> network, Ref<fettle::Images> originals, std::size_t batch,
           const fettle::Context& context)
        : program_(std::move(network), context), originals_(std::move(originals)), batch_(batch) {}

    enum Half : std::size_t { images, anomaly };

    Ref<Batch> read(Half half, std::span<const std::size_t> indices, std::uint32_t round) const {
        const Key key{{indices.begin(), indices.end()}, originals_->varies() ? round : 0};
        if (auto left = taken(half, key)) return left;
        const auto batch = originals_->read(indices, round);
        const auto turn = turn_of(key);
        const std::lock_guard pass(*turn);
        if (auto left = taken(half, key)) return left;  // another reader computed while this one waited
        const std::vector<Tensor> made = program_.run(*batch, 2);
        const auto of = [&](Half which) -> Ref<Batch> {
            return std::make_shared<Batch>(infer::infos_of(*batch), std::make_shared<fettle::TorchPart>(made[which]));
        };
        keep(half == images ? anomaly : images, key, of(half == images ? anomaly : images));
        return of(half);
    }

    const Ref<fettle::Images>& originals() const { return originals_; }
    std::size_t block() const { return std::max(batch_, originals_->block()); }

   private:
    using Key = std::pair<std::vector<std::size_t>, std::uint32_t>;
    struct Kept {
        Half half;
        Key key;
        Ref<Batch> batch;
    };

    /// What the readers of one batch pass by one after the other; those of others go on meanwhile.
    std::shared_ptr<std::mutex> turn_of(const Key& key) const {
        const std::lock_guard lock(mutex_);
        std::erase_if(turns_, [](const auto& each) { return each.second.expired(); });
        auto turn = turns_[key].lock();
        if (!turn) turns_[key] = turn = std::make_shared<std::mutex>();
        return turn;
    }

    /// A half that was made along with the other; it isn't kept any longer.
    Ref<Batch> taken(Half half, const Key& key) const {
        const std::lock_guard lock(mutex_);
        const auto place = std::find_if(kept_.begin(), kept_.end(),
                                        [&](const Kept& each) { return each.half == half && each.key == key; });
        if (place == kept_.end()) return nullptr;
        const auto batch = place->batch;
        bytes_ -= batch->bytes();
        kept_.erase(place);
        return batch;
    }

    void keep(Half half, const Key& key, Ref<Batch> batch) const {
        constexpr std::size_t room = 64 << 20;
        const std::lock_guard lock(mutex_);
        bytes_ += batch->bytes();
        kept_.push_back({half, key, std::move(batch)});
        while (bytes_ > room) {
            bytes_ -= kept_.front().batch->bytes();
            kept_.pop_front();
        }
    }

    infer::Program program_;
    Ref<fettle::Images> originals_;
    std::size_t batch_;
    mutable std::mutex mutex_;
    mutable std::map<Key, std::weak_ptr<std::mutex>> turns_;
    mutable std::list<Kept> kept_;  ///< the oldest first
    mutable std::size_t bytes_ = 0;
};

class Mended final : public fettle::Images {
   public:
    explicit Mended(std::shared_ptr<const Passes> passes) : passes_(std::move(passes)) {}

    std::size_t size() const override { return passes_->originals()->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return passes_->originals()->info(index); }
    std::size_t block() const override { return passes_->block(); }
    bool varies() const override { return passes_->originals()->varies(); }
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        return passes_->read(Passes::images, indices, round);
    }

   private:
    std::shared_ptr<const Passes> passes_;
};

class Anomalies final : public fettle::Maps {
   public:
    Anomalies(std::shared_ptr<const Passes> passes, Ref<fettle::Images> mended, std::string label)
        : passes_(std::move(passes)), mended_(std::move(mended)), label_(std::move(label)) {}

    std::size_t size() const override { return passes_->originals()->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return passes_->originals()->info(index); }
    std::size_t block() const override { return passes_->block(); }
    bool varies() const override { return passes_->originals()->varies(); }
    std::string label() const override { return label_; }
    Ref<fettle::Images> reference() const override { return passes_->originals(); }
    Ref<fettle::Images> candidate() const override { return mended_; }
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        return passes_->read(Passes::anomaly, indices, round);
    }

   private:
    std::shared_ptr<const Passes> passes_;
    Ref<fettle::Images> mended_;
    std::string label_;
};

/// Where a network that learnt to tell defects from sound surfaces sees defects.
struct Segment final : fettle::Stage {
    struct In {
        Ref<fettle::Network> network;
        std::vector<Ref<fettle::Images>> images;
    };
    struct Out {
        Ref<fettle::Maps> maps;
        Ref<fettle::Images> images, originals;
    };
    int batch = infer::usual_batch;

    static void describe(fettle::Describe<Segment>& d) {
        d.summary("Gives images through a network that tells, per pixel, how likely it is anomalous.")
            .in("network", &In::network, "A network that segments, as train.discriminative gives it.",
                fettle::outside_data())
            .in("images", &In::images, "What to look at; several sets are taken one after another.")
            .out("maps", &Out::maps, "How likely each pixel is anomalous, 0 to 1.", {}, fettle::Labels::kept)
            .out("images", &Out::images, "What the network makes of the images: defects mended.", {},
                 fettle::Labels::kept)
            .out("originals", &Out::originals, "The same samples as they came in.", {}, fettle::Labels::kept)
            .on_device();
        infer::describe_batch(d);
    }

    Out run(const In& in, fettle::Context& context) const {
        if (!in.network->segments)
            throw fettle::Error(fettle::Fault::data,
                                "the network rebuilds images and doesn't tell where they are "
                                "anomalous: it was trained by another stage than "
                                "train.discriminative")
                .help("take infer.reconstruct and a similarity stage, or train with train.discriminative");
        const auto originals = fettle::join_images(in.images);
        const auto passes =
            std::make_shared<const Passes>(in.network, originals, static_cast<std::size_t>(batch), context);
        const auto mended = std::make_shared<const Mended>(passes);
        return {std::make_shared<Anomalies>(passes, mended, context.label()), mended, originals};
    }
};

}  // namespace

void add_segment(fettle::PluginBuilder& plugin) { plugin.add<Segment>("infer.segment"); }
