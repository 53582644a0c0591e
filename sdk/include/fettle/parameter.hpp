// Settings: what a graph file says about a parameter, and how it reaches a C++ member.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace fettle {

/// A value as TOML has them, without dates: what a parameter is set to, or its default.
/// A plain value type.                                                            [any thread]
class Setting {
   public:
    using List = std::vector<Setting>;

    Setting() = default;
    Setting(bool value) : value_(value) {}
    Setting(std::int64_t value) : value_(value) {}
    Setting(int value) : value_(std::int64_t{value}) {}
    Setting(double value) : value_(value) {}
    Setting(std::string value) : value_(std::move(value)) {}
    Setting(const char* value) : value_(std::string(value)) {}
    Setting(List value) : value_(std::move(value)) {}

    bool empty() const { return std::holds_alternative<std::monostate>(value_); }
    template <class T>
    bool is() const {
        return std::holds_alternative<T>(value_);
    }
    template <class T>
    const T& as() const {
        return std::get<T>(value_);
    }
    /// An integer or a number, as a number.
    double number() const { return is<std::int64_t>() ? static_cast<double>(as<std::int64_t>()) : as<double>(); }

    /// Canonical TOML text: integers without point, numbers with the fewest digits that read back equal
    /// (and always a point or exponent), strings quoted and escaped. Equal settings have equal text.
    std::string text() const;

    friend bool operator==(const Setting&, const Setting&) = default;

   private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, List> value_;
};

/// The type of a parameter, as a user sees it.
enum class Kind { boolean, integer, number, text, path, integers, numbers, texts };

/// What a parameter's value must satisfy; checked before anything runs. Combine with `&`.
struct Constraint {
    std::optional<double> lowest, highest;  ///< closed bounds on a number, or on every element of a list
    bool above_lowest = false;              ///< the lower bound itself is excluded
    std::vector<std::string> choices;       ///< the words allowed, if any
    std::optional<std::size_t> length;      ///< exact number of elements of a list
    bool required = false;                  ///< no default: the graph must say it
    bool may_be_missing = false;            ///< of a path: it need not exist before the run
    bool odd = false;                       ///< of an integer: a window's side, say
};

inline Constraint between(double lowest, double highest) { return {.lowest = lowest, .highest = highest}; }
inline Constraint at_least(double lowest) { return {.lowest = lowest}; }
inline Constraint above(double lowest) { return {.lowest = lowest, .above_lowest = true}; }
inline Constraint one_of(std::vector<std::string> choices) { return {.choices = std::move(choices)}; }
inline Constraint odd() { return {.odd = true}; }
inline Constraint required() { return {.required = true}; }

inline Constraint operator&(Constraint left, const Constraint& right) {
    if (right.lowest) left.lowest = right.lowest, left.above_lowest = right.above_lowest;
    if (right.highest) left.highest = right.highest;
    if (!right.choices.empty()) left.choices = right.choices;
    if (right.length) left.length = right.length;
    left.required |= right.required;
    left.may_be_missing |= right.may_be_missing;
    left.odd |= right.odd;
    return left;
}

/// How a C++ type is written in a graph. Members of these types can be parameters: bool, int, std::int64_t,
/// float, double, std::string, std::filesystem::path (a file or folder that is read: its content enters the
/// cache key), and std::vector or std::array of int, std::int64_t, double, std::string.
template <class T>
struct Parameter;

template <>
struct Parameter<bool> {
    static constexpr Kind kind = Kind::boolean;
    static bool read(const Setting& s) { return s.as<bool>(); }
    static Setting write(bool v) { return v; }
};
template <class T>
requires(std::is_same_v<T, int> || std::is_same_v<T, std::int64_t>) struct Parameter<T> {
    static constexpr Kind kind = Kind::integer;
    static T read(const Setting& s) { return static_cast<T>(s.as<std::int64_t>()); }
    static Setting write(T v) { return std::int64_t{v}; }
};
template <class T>
requires std::is_floating_point_v<T>
struct Parameter<T> {
    static constexpr Kind kind = Kind::number;
    static T read(const Setting& s) { return static_cast<T>(s.number()); }
    static Setting write(T v) { return static_cast<double>(v); }
};
template <>
struct Parameter<std::string> {
    static constexpr Kind kind = Kind::text;
    static std::string read(const Setting& s) { return s.as<std::string>(); }
    static Setting write(const std::string& v) { return v; }
};
template <>
struct Parameter<std::filesystem::path> {
    static constexpr Kind kind = Kind::path;
    static std::filesystem::path read(const Setting& s) { return s.as<std::string>(); }
    static Setting write(const std::filesystem::path& v) { return v.string(); }
};

namespace detail {
constexpr Kind list_of(Kind element) {
    return element == Kind::integer ? Kind::integers : element == Kind::number ? Kind::numbers : Kind::texts;
}
}  // namespace detail

template <class T>
struct Parameter<std::vector<T>> {
    static constexpr Kind kind = detail::list_of(Parameter<T>::kind);
    /// A lone value is a list of one.
    static std::vector<T> read(const Setting& s) {
        if (!s.is<Setting::List>()) return {Parameter<T>::read(s)};
        std::vector<T> out;
        for (const Setting& element : s.as<Setting::List>()) out.push_back(Parameter<T>::read(element));
        return out;
    }
    static Setting write(const std::vector<T>& v) {
        Setting::List out;
        for (const T& element : v) out.push_back(Parameter<T>::write(element));
        return out;
    }
};
template <class T, std::size_t N>
struct Parameter<std::array<T, N>> {
    static constexpr Kind kind = detail::list_of(Parameter<T>::kind);
    static std::array<T, N> read(const Setting& s) {
        std::array<T, N> out{};
        for (std::size_t i = 0; i < N; ++i) out[i] = Parameter<T>::read(s.as<Setting::List>().at(i));
        return out;
    }
    static Setting write(const std::array<T, N>& v) {
        Setting::List out;
        for (const T& element : v) out.push_back(Parameter<T>::write(element));
        return out;
    }
};

/// Number of elements a member's type fixes, if it does.
template <class T>
struct FixedLength : std::integral_constant<std::size_t, 0> {};
template <class T, std::size_t N>
struct FixedLength<std::array<T, N>> : std::integral_constant<std::size_t, N> {};

}  // namespace fettle
