// Reading the prompt language, by descent.
#include "jobs/language/prompt_reader.hpp"

#include "jobs/language/marks.hpp"
#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

using Part = TextPart;
using Sequence = TextSequence;

constexpr std::size_t nesting_max = 16;
constexpr std::string_view prompt_blanks = " \t\n";
constexpr std::string_view escapable = "{},|_$";

bool is_escape(std::string_view text, std::size_t at) {
    return text[at] == '\\' && at + 1 < text.size() &&
           escapable.find(text[at + 1]) != std::string_view::npos;
}

/// Returns the separator of the options in the braces that open at `opened`: a bar if there is one
/// outside of inner braces; commas are then plain text.
char separator_in(std::string_view text, std::size_t opened) {
    std::size_t depth = 0;
    for (auto at = opened; at < text.size(); ++at) {
        if (is_escape(text, at)) {
            ++at;
        } else if (text[at] == '{') {
            auto const reference = reference_at(text.substr(at));
            if (reference) at += reference->length - 1;
            if (!reference) ++depth;
        } else if (text[at] == '}') {
            if (--depth == 0) return ',';
        } else if (text[at] == '|' && depth == 1) {
            return '|';
        }
    }
    return ',';
}

/// The size of a pick: "2", "1-3", "2-" or "-3".
struct Amount {
    std::size_t least = 1;
    std::optional<std::size_t> most; ///< Nothing: all options.
};

std::optional<Amount> read_amount(std::string_view text) {
    auto const dash = text.find('-');
    auto const first = parse_whole<std::size_t>(text.substr(0, dash));
    if (dash == std::string_view::npos) {
        return first ? std::optional(Amount{*first, *first}) : std::nullopt;
    }
    auto const after = text.substr(dash + 1);
    auto const last = parse_whole<std::size_t>(after);
    bool const reads = (first || dash == 0) && (last || after.empty()) && text != "-";
    return reads ? std::optional(Amount{first.value_or(1), last}) : std::nullopt;
}

/// Positions are byte offsets into the whole text.
class Reader {
public:
    Reader(std::string_view text, std::vector<TextProblem>& problems, ChoiceSource* wildcards)
        : text_(text), problems_(problems), wildcards_(wildcards) {}

    Sequence whole() {
        auto sequence = read_parts(0, '\0');
        bool const stray = at_ < text_.size() && !failed_; // only a '}' ends it early
        if (stray) fail(at_, "'}' without '{': write '\\}' for a plain brace");
        if (!failed_ && sequence.longest > expansion_max)
            fail(0, fmt::format("what this text stands for can be longer than {} bytes",
                                expansion_max));
        return sequence;
    }

private:
    Sequence read_parts(std::size_t depth, char separator) {
        std::vector<Part> parts;
        while (at_ < text_.size() && !failed_) {
            char const c = text_[at_];
            if (c == '}' || (depth > 0 && c == separator)) break;
            auto const wildcard = c == '_' ? wildcard_at(text_.substr(at_)) : std::nullopt;
            auto foreign = c == '{' || c == '$' ? foreign_sign_at(text_.substr(at_)) : "";
            if (!foreign.empty()) {
                fail(at_, std::move(foreign));
            } else if (c == '{') {
                parts.push_back(read_braces(depth));
            } else if (wildcard) {
                parts.push_back(read_wildcard(*wildcard));
            } else {
                append_plain(parts);
            }
        }
        if (depth > 0) trim_ends(parts);
        Sequence sequence;
        for (auto& part : parts) sequence.add(std::move(part));
        return sequence;
    }

    void append_plain(std::vector<Part>& parts) {
        if (is_escape(text_, at_)) ++at_;
        if (parts.empty() || parts.back().kind != Part::Kind::plain)
            parts.emplace_back().offset = at_;
        parts.back().text += text_[at_++];
    }

    Part read_braces(std::size_t depth) {
        auto const opened = at_;
        if (auto const reference = reference_at(text_.substr(at_))) {
            at_ += reference->length;
            return variable_part(*reference, opened, problems_);
        }
        Part part;
        part.kind = Part::Kind::choice;
        part.offset = opened;
        if (depth == nesting_max) {
            fail(opened, fmt::format("braces nested deeper than {}", nesting_max));
            return part;
        }
        Choice choice;
        auto separator = separator_in(text_, opened);
        ++at_;
        auto const amount = read_pick(choice);
        if (amount) separator = '|';
        read_options(choice, depth, separator);
        if (!failed_ && amount && is_pick_of_lines(choice, *amount))
            return pick_of_lines(choice, *amount, opened);
        if (!failed_) check_amount(choice, amount, opened);
        if (failed_) return part;
        choice.close();
        part.choice = std::make_shared<Choice const>(std::move(choice));
        return part;
    }

    /// Reads up to the closing brace, and the brace.
    void read_options(Choice& choice, std::size_t depth, char separator) {
        auto const opened = at_ - 1;
        for (bool more = true; more && !failed_;) {
            Option option;
            if (separator == '|') option.weight = read_weight_prefix();
            option.text = read_parts(depth + 1, separator);
            choice.options.push_back(std::move(option));
            more = at_ < text_.size() && text_[at_] == separator;
            if (more) ++at_;
        }
        if (failed_) return;
        if (at_ >= text_.size())
            return fail(opened, "'{' is never closed: write '\\{' for a plain brace");
        ++at_;
    }

    /// Reads `0.3::` at the beginning of an option.
    std::uint64_t read_weight_prefix() {
        auto const mark = weight_at(text_.substr(at_));
        if (!mark) return weight_one;
        at_ += mark->length;
        if (!mark->weight) fail(at_ - mark->number.size() - 2, not_a_weight(mark->number));
        return mark->weight.value_or(weight_one);
    }

    /// Reads `2$$` or `1-3$$ and $$` after the opening brace.
    std::optional<Amount> read_pick(Choice& choice) {
        auto const head = text_.substr(at_, text_.find_first_of("{}|\\", at_) - at_);
        auto const dollars = head.find("$$");
        if (dollars == std::string_view::npos) return std::nullopt;
        auto const written = trim(head.substr(0, dollars));
        auto const amount = read_amount(written);
        if (!amount)
            fail(at_,
                 fmt::format("'{}$$' is not a pick: it says how many first, as in '{{2$$a|b|c}}' "
                             "or '{{1-2$$a|b|c}}'; write '\\$' for a plain dollar",
                             written));
        auto skipped = dollars + 2;
        auto const again = head.find("$$", skipped);
        if (again != std::string_view::npos) {
            choice.separator = head.substr(skipped, again - skipped);
            skipped = again + 2;
        }
        at_ += skipped;
        return amount;
    }

    void check_amount(Choice& choice, std::optional<Amount> const& amount, std::size_t opened) {
        if (!amount) return;
        auto const all = choice.options.size();
        choice.least = amount->least;
        choice.most = amount->most.value_or(all);
        auto wrong = wrong_pick(choice.least, choice.most, all);
        if (wrong.empty() && all > pick_options_max)
            wrong = fmt::format("a pick out of {}: {} are the most", all, pick_options_max);
        if (!wrong.empty()) fail(opened, std::move(wrong));
    }

    /// Returns true for `{2$$__name__}`. One option is the same either way.
    static bool is_pick_of_lines(Choice const& choice, Amount const& amount) {
        if (choice.options.size() != 1 || amount.most == 1u) return false;
        auto const& parts = choice.options.front().text.parts;
        return parts.size() == 1 && parts.front().is_wildcard();
    }

    Part pick_of_lines(Choice const& choice, Amount const& amount, std::size_t opened) {
        auto part = choice.options.front().text.parts.front();
        part.offset = opened;
        auto picked = wildcards_->pick(part.text, {amount.least, amount.most, choice.separator});
        if (picked.has_error())
            fail(opened, picked.error().message());
        else
            part.choice = std::move(*picked);
        return part;
    }

    Part read_wildcard(WildcardMark const& mark) {
        Part part;
        part.kind = Part::Kind::choice;
        part.offset = at_;
        if (!mark.problem.empty()) {
            fail(at_, mark.problem);
            return part;
        }
        if (!wildcards_) {
            fail(at_, fmt::format("'__{}__' is not allowed here; write '\\_' for a plain '_'",
                                  mark.name));
            return part;
        }
        auto found = wildcards_->find(mark.name);
        if (found.has_error()) {
            fail(at_, found.error().message());
            return part;
        }
        at_ += mark.length;
        part.text = mark.name;
        part.choice = std::move(*found);
        return part;
    }

    /// Blanks around an option are for the reader of the job file, not for the service.
    static void trim_ends(std::vector<Part>& parts) {
        auto const is_plain = [](Part const& part) { return part.kind == Part::Kind::plain; };
        if (!parts.empty() && is_plain(parts.front())) {
            auto& text = parts.front().text;
            text.erase(0, std::min(text.find_first_not_of(prompt_blanks), text.size()));
        }
        if (!parts.empty() && is_plain(parts.back())) {
            auto& text = parts.back().text;
            text.erase(text.find_last_not_of(prompt_blanks) + 1);
        }
    }

    void fail(std::size_t offset, std::string text) {
        if (failed_) return;
        problems_.push_back({offset, std::move(text)});
        failed_ = true; // errors after a missing brace would be misleading
    }

    std::string_view text_;
    std::vector<TextProblem>& problems_;
    ChoiceSource* wildcards_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

} // namespace

std::string wrong_pick(std::size_t least, std::size_t most, std::size_t all) {
    if (least > most) return fmt::format("a pick of {} to {}", least, most);
    if (most > all) return fmt::format("a pick of {} out of {}", most, all);
    if (most > picks_max)
        return fmt::format("a pick of {} out of {}: {} are the most", most, all, picks_max);
    return {};
}

std::optional<Reference> reference_at(std::string_view text) {
    if (!text.starts_with("{{") || text.starts_with("{{{")) return std::nullopt;
    auto const end = text.find_first_of("{}", 2);
    if (end == std::string_view::npos || !text.substr(end).starts_with("}}")) return std::nullopt;
    auto const inside = text.substr(2, end - 2);
    auto const name = inside.substr(0, inside.find('|'));
    if (name.find(',') != std::string_view::npos) return std::nullopt;
    return Reference{inside, end + 2};
}

Part variable_part(Reference const& reference, std::size_t offset,
                   std::vector<TextProblem>& problems) {
    Part part;
    part.kind = Part::Kind::variable;
    part.offset = offset;
    auto const bar = reference.inside.find('|');
    part.text = trim(reference.inside.substr(0, bar));
    if (bar != std::string_view::npos) part.fallback = reference.inside.substr(bar + 1);
    if (!is_variable_name(part.text))
        problems.push_back(
            {offset, fmt::format("'{{{{{}}}}}' is not a variable: a name has letters, "
                                 "digits, '_' and '-'",
                                 reference.inside)});
    return part;
}

Sequence read_sequence(std::string_view text, std::vector<TextProblem>& problems,
                       ChoiceSource* wildcards) {
    return Reader(text, problems, wildcards).whole();
}

} // namespace darkroom::jobs
