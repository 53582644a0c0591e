// Errors a plugin throws. The framework turns each into a diagnostic that names the stage, the place in the
// graph file and, where the error names a parameter, that parameter's line.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace fettle {

/// What kind of trouble it is. The framework maps each kind to one code of its catalogue (R5xx, G406).
enum class Fault {
    data,     ///< an input is missing, empty, damaged or inconsistent          -> R502
    numeric,  ///< a loss or score is not finite                                -> R503
    memory,   ///< out of memory; help says which size to try                   -> R504
    shape,    ///< sides, channels or counts that don't fit                     -> G406
    device,   ///< the device asked for isn't there or failed                   -> R505
    storage,  ///< a file could not be written or read back (full disk, rights) -> R506
    plugin,   ///< anything else a plugin finds wrong with what it was given    -> R501
};

/// An error in words for the user: what is wrong, in terms of the user's graph and files.
/// `help` says what would be right; `parameter` points the diagnostic at one key of the stage.
/// Thrown from any virtual function of a role.                                     [any thread]
class Error : public std::runtime_error {
   public:
    Error(Fault fault, const std::string& what) : std::runtime_error(what), fault_(fault) {}

    Error& help(std::string text) & {
        help_ = std::move(text);
        return *this;
    }
    Error&& help(std::string text) && {
        help_ = std::move(text);
        return std::move(*this);
    }
    Error& parameter(std::string name) & {
        parameter_ = std::move(name);
        return *this;
    }
    Error&& parameter(std::string name) && {
        parameter_ = std::move(name);
        return std::move(*this);
    }

    Fault fault() const { return fault_; }
    const std::string& help() const { return help_; }
    const std::string& parameter() const { return parameter_; }

   private:
    Fault fault_;
    std::string help_;
    std::string parameter_;
};

/// Thrown by `Context::check_stop` when the user asked to stop. Let it pass: the framework ends the run
/// with exit status 130 or 143, and the next run continues from the last checkpoint.
class Interrupted : public std::runtime_error {
   public:
    Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace fettle
