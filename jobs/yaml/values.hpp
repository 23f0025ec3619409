// Converts nodes to typed values. Each reader returns a value, or nothing and an error in the
// findings that names the key, the accepted values, and the value in the file.
#pragma once

#include "jobs/yaml/micros.hpp"
#include "jobs/yaml/node.hpp"
#include "runner/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

struct Bounds {
    std::int64_t least = 0;
    std::int64_t most = 0;
};

struct TimeBounds {
    Duration least{};
    Duration most{};
};

/// "'key' needs WHAT, not 'that'", at the value.
void needs(Member const& member, std::string_view what, Findings& findings);

/// A text, or a number as it is written. A plain `true` is neither: it wants quotes.
std::optional<std::string> text_of(Member const& member, Findings& findings);
/// `true` or `false`; YAML's other words for it (`yes`, `off`) are refused.
std::optional<bool> flag_of(Member const& member, Findings& findings);
std::optional<std::int64_t> whole_of(Member const& member, Findings& findings, Bounds bounds);
/// "250ms", "10s", "15m", "2h".
std::optional<Duration> duration_of(Member const& member, Findings& findings, TimeBounds bounds);
/// "2/s", "30/min", "100/h", as a number a second.
std::optional<double> rate_of(Member const& member, Findings& findings);
/// Reads millionths from decimal digits, without rounding; nothing for another text.
std::optional<Micros> micros(std::string_view text);
/// An amount of money >= 0 with at most six decimals.
std::optional<Micros> money_of(Member const& member, Findings& findings);
/// One of `words`, as its place among them.
std::optional<std::size_t> choice_of(Member const& member, Findings& findings,
                                     std::span<std::string_view const> words);
/// The elements of a list under the list's own key; empty, with an error, for anything else.
std::vector<Member> elements_of(Member const& member, Findings& findings);
/// The members of a map; empty, with an error, for anything else.
std::vector<Member> members_of(Member const& member, Findings& findings);
/// `element` of a list as texts: itself if it is a text, its elements if it is a list.
std::vector<std::string> texts_of(Member const& member, Findings& findings);

/// A plain whole number, decimal number or truth value, as YAML 1.2 reads them.
bool is_number(Node const& node);
bool is_truth(Node const& node);

/// Reads a map whose keys are known. Unknown ones are errors as soon as it is made; a key that is
/// absent leaves the target as it was.
class Section {
public:
    Section(Member const& map, Findings& findings, std::span<std::string_view const> keys);

    Member const* find(std::string_view key) const;
    void read(std::string_view key, std::string& into) const;
    void read(std::string_view key, bool& into) const;
    void read(std::string_view key, int& into, Bounds bounds) const;
    void read(std::string_view key, Duration& into, TimeBounds bounds) const;
    Findings& findings() const { return findings_; }

private:
    Member map_;
    Findings& findings_;
};

/// A letter or digit, then letters, digits, '.', '_' and '-'; at most 100 bytes.
bool is_slug(std::string_view text);
/// `text` with what a slug can't hold replaced; "run" when nothing is left.
std::string make_slug(std::string_view text);

} // namespace darkroom::jobs
