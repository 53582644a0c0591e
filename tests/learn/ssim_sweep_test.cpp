// SSIM's kernel for each instruction set that this processor has, against plain loops.
#include "../../plugins/similarity/ssim_job.hpp"

#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

using ssim::Job;
using ssim::View;

/// A batch whose values lie so far apart, with numbers between them that belong to nobody.
template <class T>
struct Batch {
    std::vector<T> memory;
    View<T> view;

    Batch(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, bool interleaved, T nobodys = -77)
        : memory(static_cast<std::size_t>(n * (c + 1) * (h + 2) * (w + 3)), nobodys) {
        view.data = memory.data() + 1;
        view.image = (c + 1) * (h + 2) * (w + 3);
        view.channel = interleaved ? 1 : (h + 2) * (w + 3);
        view.row = interleaved ? (w + 3) * c : w + 3;
        view.column = interleaved ? c : 1;
    }
    T& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) { return view.at(n, c, y)[x * view.column]; }
    View<const T> read() const { return {view.data, view.image, view.channel, view.row, view.column}; }
    std::size_t untouched() const { return static_cast<std::size_t>(std::count(memory.begin(), memory.end(), T(-77))); }
};

struct Case {
    std::int64_t images, channels, height, width;
    int count;
    bool interleaved;
};

/// Means under the window at one place, by definition.
struct Moments {
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
};

/// The map and both gradients of sum(share * map) by the chain rule on the textbook formula, in plain loops.
template <class T>
struct Plain {
    Plain(Job<T>& job, Batch<T>& x, Batch<T>& y, Batch<T>& share, const std::vector<double>& taps)
        : map(job.images, 1, job.height, job.width, false, 0),
          of_x(job.images, job.channels, job.height, job.width, false, 0),
          of_y(job.images, job.channels, job.height, job.width, false, 0) {
        const double part = 1.0 / static_cast<double>(job.channels);
        for (std::int64_t n = 0; n < job.images; ++n)
            for (std::int64_t c = 0; c < job.channels; ++c)
                for (std::int64_t v = 0; v + job.count <= job.height; ++v)
                    for (std::int64_t u = 0; u + job.count <= job.width; ++u)
                        place(job, x, y, taps, n, c, v, u, part, part * share.at(n, 0, v, u));
    }
    void place(Job<T>& job, Batch<T>& x, Batch<T>& y, const std::vector<double>& taps, std::int64_t n, std::int64_t c,
               std::int64_t v, std::int64_t u, double part, double weight) {
        Moments m;
        each(job, taps, [&](std::int64_t i, std::int64_t k, double w) {
            const double a = x.at(n, c, v + i, u + k), b = y.at(n, c, v + i, u + k);
            m.x += w * a, m.y += w * b, m.xx += w * a * a, m.yy += w * b * b, m.xy += w * a * b;
        });
        const double f = job.correction, means = m.x * m.x + m.y * m.y + job.c1;
        const double variances = f * (m.xx - m.x * m.x + m.yy - m.y * m.y) + job.c2;
        const double top1 = 2 * m.x * m.y + job.c1, top2 = 2 * f * (m.xy - m.x * m.y) + job.c2;
        const double l = job.luminance != 0 ? top1 / means : 1, s = top2 / variances;
        map.at(n, 0, v, u) += part * (1 - l * s);
        // d(l s) by each mean
        const double lm = job.luminance;
        const double by_x = lm * (2 * m.y - l * 2 * m.x) / means * s + l * f * (-2 * m.y + s * 2 * m.x) / variances;
        const double by_y = lm * (2 * m.x - l * 2 * m.y) / means * s + l * f * (-2 * m.x + s * 2 * m.y) / variances;
        const double by_squares = -l * s * f / variances, by_product = l * 2 * f / variances;
        each(job, taps, [&](std::int64_t i, std::int64_t k, double w) {
            const double a = x.at(n, c, v + i, u + k), b = y.at(n, c, v + i, u + k);
            of_x.at(n, c, v + i, u + k) += -weight * w * (by_x + 2 * a * by_squares + b * by_product);
            of_y.at(n, c, v + i, u + k) += -weight * w * (by_y + 2 * b * by_squares + a * by_product);
        });
    }
    template <class Body>
    static void each(const Job<T>& job, const std::vector<double>& taps, const Body& body) {
        for (std::int64_t i = 0; i < job.count; ++i)
            for (std::int64_t k = 0; k < job.count; ++k)
                body(i, k, taps[static_cast<std::size_t>(i)] * taps[static_cast<std::size_t>(k)]);
    }

    Batch<double> map, of_x, of_y;
};

/// All values of so many channels, but for those in the last `border` rows and columns.
template <class T>
void expect_near(Batch<T>& found, Batch<double>& expected, const Job<T>& job, std::int64_t channels,
                 std::int64_t border, double tolerance, const std::string& name) {
    for (std::int64_t n = 0; n < job.images; ++n)
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t v = 0; v < job.height - border; ++v)
                for (std::int64_t u = 0; u < job.width - border; ++u)
                    ASSERT_NEAR(found.at(n, c, v, u), expected.at(n, c, v, u), tolerance)
                        << name << ", row " << v << ", column " << u;
}

template <class T>
void expect_plain(const Case& size, ssim::Sweep<T> sweep, double tolerance, int seed, const std::string& name) {
    fettle::Random random(static_cast<std::uint64_t>(seed));
    const auto [n, c, h, w, count, interleaved] = size;
    Batch<T> x(n, c, h, w, interleaved), y(n, c, h, w, false), share(n, 1, h, w, false);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t v = 0; v < h; ++v)
            for (std::int64_t u = 0; u < w; ++u) {
                share.at(i, 0, v, u) = static_cast<T>(random.uniform());
                for (std::int64_t k = 0; k < c; ++k) {
                    x.at(i, k, v, u) = static_cast<T>(random.uniform());
                    y.at(i, k, v, u) = static_cast<T>(0.5 * x.at(i, k, v, u) + 0.5 * random.uniform());
                }
            }
    std::vector<double> taps;
    double total = 0;
    for (int k = 0; k < count; ++k) total += taps.emplace_back(std::exp(-0.2 * std::pow(k - count / 2, 2)));
    for (double& tap : taps) tap /= total;
    const std::vector<T> own(taps.begin(), taps.end());

    Job<T> job;
    job.images = n, job.channels = c, job.height = h, job.width = w, job.count = count, job.taps = own.data();
    job.c1 = T(1e-4), job.c2 = T(9e-4), job.correction = T(1.1), job.luminance = static_cast<T>(seed % 2);
    job.reference = x.read(), job.candidate = y.read(), job.share = share.read();
    Plain<T> plain(job, x, y, share, taps);

    for (const int wanted : {0, 1, 2}) {  // the map alone, with one gradient, with both
        Batch<T> map(n, 1, h - count + 1, w - count + 1, false), of_x(n, c, h, w, interleaved), of_y(n, c, h, w, false);
        const std::size_t free = map.untouched() - static_cast<std::size_t>(n * (h - count + 1) * (w - count + 1));
        job.map = map.view;
        job.candidate_gradient = wanted >= 1 ? of_y.view : View<T>{};
        job.reference_gradient = wanted == 2 ? of_x.view : View<T>{};
        for (std::int64_t i = 0; i < n; ++i)
            for (const auto& [from, to] :
                 {std::pair<std::int64_t, std::int64_t>{0, h / 3}, {h / 3, h - 2}, {h - 2, h}}) {
                std::vector<T> scratch(static_cast<std::size_t>(ssim::scratch_values(job)));
                sweep(job, i, from, to, scratch.data());
            }
        EXPECT_EQ(map.untouched(), free) << name << ": wrote beside the map";
        expect_near(map, plain.map, job, 1, count - 1, tolerance, name + ", map");
        if (wanted >= 1) expect_near(of_y, plain.of_y, job, c, 0, 10 * tolerance, name + ", candidate's gradient");
        if (wanted == 2) expect_near(of_x, plain.of_x, job, c, 0, 10 * tolerance, name + ", reference's gradient");
    }
}

TEST(SsimSweep, AgreesWithPlainLoopsOnEveryInstructionSet) {
    std::vector<std::pair<std::string, const ssim::Sweeps*>> sets{{"portable", &ssim::portable_sweeps}};
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.emplace_back("AVX2", &ssim::avx2_sweeps);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        sets.emplace_back("AVX-512", &ssim::avx512_sweeps);
#endif
    const std::vector<Case> cases{{1, 1, 11, 11, 11, false}, {2, 3, 17, 29, 11, false}, {1, 3, 30, 16, 11, true},
                                  {1, 2, 14, 45, 11, true},  {1, 3, 9, 12, 3, false},   {1, 1, 20, 33, 7, false},
                                  {1, 1, 25, 23, 17, true}};
    int seed = 1;
    for (const Case& size : cases)
        for (int again = 0; again < 2; ++again, ++seed)
            for (const auto& [name, sweeps] : sets) {
                expect_plain<double>(size, sweeps->twofold, 1e-13, seed, name + ", double");
                expect_plain<float>(size, sweeps->single, 1e-5, seed, name + ", float");
            }
}

}  // namespace
