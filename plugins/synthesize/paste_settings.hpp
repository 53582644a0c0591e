// What a graph says about pasting.
#pragma once

#include "blend.hpp"

#include <array>
#include <string>
#include <vector>

/// The parameters of `synthesize.paste`; what each means stands in its description (paste.cpp).
struct PasteSettings {
    std::vector<int> count{1};
    bool replace = true;
    std::array<double, 2> scale{0.1, 0.35};
    std::vector<double> size;
    std::array<double, 2> stretch{1, 1};
    std::array<double, 2> angle{0, 360};
    std::string flips = "both";
    std::array<double, 2> opacity{0.85, 1};
    double feather = 0.7;
    std::string limits = "shares";
    std::vector<double> left, top;
    double stick_out = 0;
    double overlap = 1;
    double on_places = 1;
    std::string empty_places = "fail";
    std::string no_room = "fail";
    std::string blending = "alpha";
    std::string matching = "none";
    double match_share = 1;
    double contrast = 0.02;
    std::string class_name;
    int memory = 256;

    Blend blend() const;
    Match match() const;
    bool drops() const { return no_room == "drop"; }

    /// What contradicts itself, in words; empty where nothing does.
    std::string contradiction() const;

   private:
    std::string ranges_ascend() const;
    std::string sizes_agree() const;
    std::string limits_agree() const;
};
