// What the user is told when something is wrong: what, where in their file, and what would be right.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fettle::runtime {

/// A file that errors can point into.
struct SourceFile {
    std::string name;                ///< as the user named it
    std::vector<std::string> lines;  ///< its text
};
using Source = std::shared_ptr<const SourceFile>;
Source make_source(std::string name, std::string_view text);

/// A place in a file; no file: nowhere in particular (a plugin, the command line).
struct Span {
    Source file;
    std::size_t line = 0;    ///< from 1
    std::size_t column = 0;  ///< from 1, in bytes
    std::size_t length = 1;  ///< in bytes, on that line
};

/// The part of a span that holds `text`, the last one where there are several; the whole span where there is none.
Span narrowed(const Span& span, std::string_view text);

enum class Severity { error, warning };

/// One thing that is wrong. `code` is one of the catalogue's.
struct Diagnostic {
    std::string code;
    std::string message;  ///< in terms of the user's file
    Span span;
    std::string hint;               ///< beside the caret: the shortest fix
    std::vector<std::string> help;  ///< what is valid, what to do
    Severity severity = Severity::error;
};

/// As every error is shown: message, place, line, caret, help. `colour` adds ANSI colours.
std::string render(const Diagnostic& diagnostic, bool colour = false);
/// All of them in file order, then a count.
std::string render(std::vector<Diagnostic> diagnostics, bool colour = false);
/// One JSON object: {code, severity, message, file, line, column, length, hint, help}.
std::string render_json(const Diagnostic& diagnostic);

/// Collects what is wrong.                                                         [any thread]
class Diagnostics {
   public:
    void add(Diagnostic diagnostic);
    bool has_errors() const;
    std::vector<Diagnostic> all() const;

   private:
    mutable std::mutex mutex_;
    std::vector<Diagnostic> all_;
};

/// Thrown where nothing sensible can follow.
struct Failure : std::exception {
    explicit Failure(Diagnostic diagnostic) : diagnostic(std::move(diagnostic)) {}
    const char* what() const noexcept override { return diagnostic.message.c_str(); }
    Diagnostic diagnostic;
};

/// "did you mean `x`?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
/// "a, b and c".
std::string listed(const std::vector<std::string>& words, const char* last = "and");
/// What is right where a process has as many files open as it may; empty where `what` was wrong is something else.
std::string too_many_files(const std::string& what);

/// What `fettle explain CODE` prints.
struct CatalogueEntry {
    const char* code;
    const char* title;
    const char* explanation;
};
std::span<const CatalogueEntry> catalogue();

/// The catalogue's factories, one per code: the only place where an error's words are made.
namespace errors {
Diagnostic not_a_plugin(const std::string& path, const std::string& why);  // P101
Diagnostic other_runtime(const std::string& path, const std::string& theirs, const std::string& ours,
                         bool headers_alone);                                                          // P102
Diagnostic offered_twice(const std::string& id, const std::string& first, const std::string& second);  // P103
Diagnostic cannot_load(const std::string& path, const std::string& why);                               // P104
Diagnostic crashed_while_loading(const std::string& path, const std::string& how);                     // P105
Diagnostic threw_while_loading(const std::string& path, const std::string& what);                      // P106

Diagnostic not_toml(Span at, const std::string& why);                                                       // G001
Diagnostic other_format(Span at, const std::string& found);                                                 // G002
Diagnostic extends_itself(Span at, const std::vector<std::string>& chain);                                  // G003
Diagnostic undefined_reference(Span at, const std::string& name, const std::vector<std::string>& known);    // G004
Diagnostic cannot_read(Span at, const std::string& path, const std::string& why, const std::string& hint);  // G005
Diagnostic unknown_key(Span at, const std::string& key, const std::string& where,
                       const std::vector<std::string>& known);                                           // G006
Diagnostic circular_reference(Span at, const std::vector<std::string>& chain);                           // G007
Diagnostic unclosed_reference(Span at, const std::string& text);                                         // G008
Diagnostic no_stages(Span at, const std::string& graph);                                                 // G009
Diagnostic bad_name(Span at, const std::string& what, const std::string& name, const std::string& why);  // G010
Diagnostic unused_parameter(Span at, const std::string& name, const std::vector<std::string>& known);    // G011
Diagnostic drops_nothing(Span at, const std::string& stage, const std::vector<std::string>& known);      // G012

Diagnostic unknown_use(Span at, const std::string& id, const std::vector<std::string>& known);     // G101
Diagnostic missing_use(Span at, const std::string& table, const std::vector<std::string>& known);  // G102
Diagnostic wrong_role(Span at, const std::string& id, const std::string& role, const std::string& wanted,
                      const std::vector<std::string>& known);  // G103
Diagnostic missing_component(Span at, const std::string& id, const std::string& table, const std::string& doc,
                             const std::vector<std::string>& known);  // G104

Diagnostic unknown_parameter(Span at, const std::string& id, const std::string& name,
                             const std::vector<std::string>& known);  // G201
Diagnostic wrong_type(Span at, const std::string& id, const std::string& name, const std::string& wanted,
                      const std::string& found, const std::string& hint = {});  // G202
Diagnostic out_of_range(Span at, const std::string& id, const std::string& name, const std::string& found,
                        const std::string& allowed, const std::string& hint);                                   // G203
Diagnostic missing_parameter(Span at, const std::string& id, const std::string& name, const std::string& doc);  // G204
Diagnostic check_failed(Span at, const std::string& id, const std::string& what);                               // G205
Diagnostic missing_path(Span at, const std::string& path, const std::string& hint, const std::string& looked);  // G206
Diagnostic cannot_keep(Span at, const std::string& id, const std::string& type);                                // G207
Diagnostic unreadable_path(Span at, const std::string& path, const std::string& why);                           // G208

Diagnostic unknown_stage(Span at, const std::string& stage, const std::vector<std::string>& known);  // G301
Diagnostic unknown_port(Span at, const std::string& owner, const std::string& port, bool input,
                        const std::vector<std::string>& known);  // G302
Diagnostic type_conflict(Span at, const std::string& from, const std::string& from_type, const std::string& to,
                         const std::string& to_type, const std::vector<std::string>& fitting);          // G303
Diagnostic cycle(Span at, const std::vector<std::string>& path);                                        // G304
Diagnostic leak(Span at, const std::string& port, const std::string& split, const std::string& chain);  // G305
Diagnostic unused(Span at, const std::string& stage);                                                   // G306
Diagnostic not_connected(Span at, const std::string& stage, const std::string& port, const std::string& type,
                         const std::vector<std::string>& fitting);                                             // G307
Diagnostic not_a_list(Span at, const std::string& port, const std::vector<std::string>& edges);                // G308
Diagnostic no_calibration(Span at, const std::string& port);                                                   // G309
Diagnostic mixed_splits(Span at, const std::string& stage, const std::string& test, const std::string& seen);  // G310
Diagnostic no_anomalies(Span at, const std::string& port, const std::string& chain);                           // G311

Diagnostic bad_override(const std::string& text, const std::string& why);  // G401
Diagnostic override_nowhere(const std::string& path, const std::string& missing,
                            const std::vector<std::string>& known);  // G402
Diagnostic sweep_nowhere(Span at, const std::string& path, const std::string& missing,
                         const std::vector<std::string>& known);  // G403
Diagnostic bad_sweep(Span at, const std::string& what,
                     const std::string& hint);           // G404
Diagnostic no_sweep(Span at, const std::string& graph);  // G404
Diagnostic too_many_cells(Span at, std::size_t combinations, std::size_t repeat,
                          std::size_t most);                                               // G405
Diagnostic shapes_do_not_fit(Span at, const std::string& stage, const std::string& what);  // G406

Diagnostic plugin_threw(Span at, const std::string& stage, const std::string& what);    // R501
Diagnostic bad_data(Span at, const std::string& stage, const std::string& what);        // R502
Diagnostic not_finite(Span at, const std::string& stage, const std::string& what);      // R503
Diagnostic out_of_memory(Span at, const std::string& stage, const std::string& what);   // R504
Diagnostic device_failed(Span at, const std::string& stage, const std::string& what);   // R505
Diagnostic storage_failed(Span at, const std::string& stage, const std::string& what);  // R506
/// `progress`: what it told last; empty: nothing.
Diagnostic stage_silent(Span at, const std::string& stage, double seconds, const std::string& progress);  // R507

Diagnostic damaged_entry(const std::string& key, const std::string& why);      // C601
Diagnostic cache_unusable(const std::string& folder, const std::string& why);  // C602
}  // namespace errors

}  // namespace fettle::runtime
