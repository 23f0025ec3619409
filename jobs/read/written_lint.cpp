#include "jobs/read/written_lint.hpp"

#include "jobs/language/marks.hpp"
#include "jobs/language/prompt_reader.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace darkroom::jobs {

namespace {

constexpr std::size_t shown_bytes = 40;

bool is_word_sign(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || byte >= 0x80 || c == '_' || c == '-';
}

bool is_single_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_word_sign);
}

std::string cut_to_show(std::string_view text) {
    if (text.size() <= shown_bytes) return std::string(text);
    auto end = shown_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "…";
}

/// Adds the warnings of one text.
class WrittenCheck {
public:
    WrittenCheck(std::string_view text, TextOrigin source, Where const& where, Findings& findings)
        : text_(text), source_(source), where_(where), findings_(findings) {}

    void look_at_signs(std::string_view placeholder) {
        for (std::size_t at = text_.find_first_of("{_$"); at < text_.size();
             at = text_.find_first_of("{_$", at + 1)) {
            auto const rest = text_.substr(at);
            if (!placeholder.empty() && rest.starts_with(placeholder)) {
                at += placeholder.size() - 1;
            } else if (auto const variable = reference_at(rest)) {
                warn_plain(at, rest.substr(0, variable->length));
                at += variable->length - 1;
            } else if (auto const mark = wildcard_at(rest)) {
                warn_plain(at, rest.substr(0, mark->length));
                at += mark->length - 1;
            } else if (rest.front() == '{') {
                at += look_at_braces(at, rest);
            } else if (!foreign_sign_at(rest).empty()) {
                warn(at, fmt::format("'{}' is sent as it is: write '{{{{name}}}}' in 'prompt' and "
                                     "define the variable in 'vars' or 'matrix'",
                                     cut_to_show(rest.substr(0, rest.find('}') + 1))));
                at += 1;
            }
        }
    }

    /// Looks at what surrounds a prompt in exports of chat programs and galleries.
    void look_at_surroundings() {
        auto const bare = trim(text_);
        auto const small = to_lower(bare.substr(0, 9));
        if (small.starts_with("/imagine"))
            warn(0, "'/imagine' is a command of a chat and is sent as text: leave it out");
        if (bare.starts_with("# ") || bare.starts_with("##"))
            warn(0, "a text that begins with '#' is no comment here: it is sent");
        for (std::string_view const speed :
             {"(fast)", "(relaxed)", "(relax)", "(turbo)", "(fast, stealth)"}) {
            if (bare.ends_with(speed))
                warn(text_.rfind(speed),
                     fmt::format("'{}' at the end is from a chat and is sent as "
                                 "text: leave it out",
                                 speed));
        }
        look_at_numbered();
    }

private:
    /// Returns the number of bytes to skip.
    std::size_t look_at_braces(std::size_t at, std::string_view rest) {
        auto const end = rest.find_first_of("{}", 1);
        if (end == std::string_view::npos || rest[end] != '}') return 0;
        auto const whole = rest.substr(0, end + 1);
        auto const inside = whole.substr(1, whole.size() - 2);
        if (inside.find_first_of(",|") != std::string_view::npos) {
            warn_plain(at, whole);
        } else if (is_single_word(inside) && source_ == TextOrigin::cell) {
            warn(at, fmt::format("'{0}' is sent as it is: 'placeholder: \"{0}\"' puts the job's "
                                 "prompt in its place",
                                 cut_to_show(whole)));
        } else if (is_single_word(inside)) {
            warn_plain(at, whole);
        }
        return end;
    }

    void warn_plain(std::size_t at, std::string_view sign) {
        warn(at, fmt::format("'{}' is sent as it is: {}", cut_to_show(sign), advice()));
    }

    std::string_view advice() const {
        if (source_ == TextOrigin::cell) return "'expand: true' reads cells as prompts";
        if (source_ == TextOrigin::inner_cell)
            return "a cell that another one names is plain text, name it in 'prompt'";
        return "a variable is plain text, write this in 'prompt'";
    }

    /// Looks for `- Image #1 @someone` and `<@123>`, which stand behind a prompt.
    void look_at_numbered() {
        constexpr std::array<std::string_view, 3> signs{"- Image #", "- <@", "- @"};
        for (auto const sign : signs) {
            auto const at = text_.find(sign);
            if (at == std::string_view::npos) continue;
            auto const rest = text_.substr(at);
            auto const first = rest.size() > sign.size() ? rest[sign.size()] : ' ';
            bool const is_meant = sign == "- @" ? is_word_sign(first)
                                                : std::isdigit(static_cast<unsigned char>(first));
            if (!is_meant) continue;
            warn(at, fmt::format("'{}' is from a chat or a gallery and is sent as text: leave it "
                                 "out",
                                 cut_to_show(rest)));
            return;
        }
    }

    void warn(std::size_t offset, std::string text) {
        findings_.warning(findings_.inside(where_, text_, offset), std::move(text));
    }

    std::string_view text_;
    TextOrigin source_;
    Where const& where_;
    Findings& findings_;
};

} // namespace

unsigned signs_in(std::string_view text) {
    static constexpr auto kinds = [] {
        std::array<unsigned char, 256> table{};
        auto const mark = [&table](std::string_view signs, unsigned kind) {
            for (char const sign : signs)
                table[static_cast<unsigned char>(sign)] = static_cast<unsigned char>(kind);
        };
        mark("{_$", grammar_signs);
        mark("#@/)", export_signs);
        mark("-:\xE2", word_signs); // the long dash begins with E2
        return table;
    }();
    unsigned found = 0;
    for (char const c : text) found |= kinds[static_cast<unsigned char>(c)];
    return found;
}

void lint_written(std::string_view text, TextOrigin source, std::string_view placeholder,
                  Where const& where, Findings& findings) {
    auto const signs = signs_in(text);
    WrittenCheck check(text, source, where, findings);
    bool const is_plain = source == TextOrigin::variable || source == TextOrigin::cell ||
                          source == TextOrigin::inner_cell;
    if (is_plain && (signs & grammar_signs) != 0) check.look_at_signs(placeholder);
    if ((signs & export_signs) != 0) check.look_at_surroundings();
}

} // namespace darkroom::jobs
