// SSIM at one place, from four means under the window; for single values and for vectors of them alike.
//
// With s = x + y - 1 and d = x - y, whose means are ms and md and whose variances vs and vd,
//
//     2 m_x m_y = (ms^2 - md^2) / 2,   m_x^2 + m_y^2 = (ms^2 + md^2) / 2,   the same for 2 s_xy and s_x^2 + s_y^2,
//
// where ms has its 1 back. So the means of s, d, s^2 and d^2 suffice, and one minus SSIM is
//
//     a + b - a b,   a = md^2 / (m_x^2 + m_y^2 + c1),   b = vd / (s_x^2 + s_y^2 + c2),
//
// without a difference of nearly equal numbers where the images are alike; the 1 centres images in [0, 1], which keeps
// s^2 - ms^2 exact to single precision where they are bright.
//
// A uniform window has weights that are no binary numbers, and what their rounding adds to all of them alike would stay
// in vs wherever an image is flat and bright. So its weights are a power of two, and sum to a mass q that isn't 1 but
// is exact: the "means" are q times the means, and q E[s^2] - E[s]^2 is q^2 times the variance, which `correction`
// bears.
//
// The gradient with respect to s and d is the window's transposed correlation of the derivatives by those four means,
// for s^2 and d^2 times 2s and 2d. That for x is the one for s plus the one for d, that for y the one less the other.
#pragma once

#include "ssim_job.hpp"

namespace ssim {

/// One minus SSIM from `mass` times the means of s, d, s^2 and d^2, and `weight` times its derivatives by those of s^2,
/// d^2, s and d (in this order: the first two come with a factor later on). Nothing is made that isn't used: it is
/// inlined.
template <class T, class V>
SSIM_INLINE V dissimilarity(const Job<T>& job, const V (&mean)[4], V weight, V (&derivative)[4]) {
    constexpr T one = 1, two = 2, half = T(0.5);
    const V ms = mean[0] * job.inverse_mass + one, md = mean[1] * job.inverse_mass;
    const V vs = job.mass * mean[2] - mean[0] * mean[0], vd = job.mass * mean[3] - mean[1] * mean[1];
    const V means = half * (ms * ms + md * md) + job.c1;
    const V variances = half * job.correction * (vs + vd) + job.c2;
    const V inverse = one / (means * variances);
    const V by_means = job.luminance * inverse * variances, by_variances = job.correction * inverse * means;
    const V a = md * md * by_means, b = vd * by_variances;

    const V of_a = weight * (one - b) * by_means, of_b = weight * (one - a) * by_variances;
    const V by_vs = -half * b * of_b, by_vd = of_b + by_vs;
    derivative[0] = job.mass * by_vs;
    derivative[1] = job.mass * by_vd;
    derivative[2] = -job.inverse_mass * of_a * a * ms - two * mean[0] * by_vs;
    derivative[3] = job.inverse_mass * of_a * md * (two - a) - two * mean[1] * by_vd;
    return a + b - a * b;
}

}  // namespace ssim
