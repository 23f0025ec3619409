#include "jobs/prompt.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>

namespace darkroom::jobs {

/// One piece of a text: plain characters, a variable, or a choice of sequences.
struct Template::Part {
    enum class Kind { plain, variable, choice } kind = Kind::plain;
    std::string text; ///< Plain characters, or the variable's name.
    std::optional<std::string> fallback;
    std::size_t offset = 0;
    std::vector<Sequence> options;
};

namespace {

using Part = Template::Part;
using Sequence = Template::Sequence;

constexpr std::size_t nesting_max = 16;

/// `{{name}}` or `{{name|default}}` at the start of a text.
struct Reference {
    std::string_view inside; ///< Between the braces.
    std::size_t length = 0;  ///< With the braces.
};

/// Nothing when the braces open a permutation within a permutation: `{{a, b}, c}`.
std::optional<Reference> reference_at(std::string_view text) {
    if (!text.starts_with("{{") || text.starts_with("{{{")) return std::nullopt;
    auto const end = text.find("}}");
    if (end == std::string_view::npos) return std::nullopt;
    auto const inside = text.substr(2, end - 2);
    auto const name = inside.substr(0, inside.find('|'));
    if (name.find_first_of("{},") != std::string_view::npos) return std::nullopt;
    return Reference{inside, end + 2};
}

/// The variable that `reference` names, or what is wrong with it.
Part variable_part(Reference const& reference, std::size_t offset,
                   std::vector<TextProblem>& problems) {
    Part part;
    part.kind = Part::Kind::variable;
    part.offset = offset;
    auto const bar = reference.inside.find('|');
    part.text = trim(reference.inside.substr(0, bar));
    if (bar != std::string_view::npos) part.fallback = reference.inside.substr(bar + 1);
    if (!is_variable_name(part.text))
        problems.push_back({offset, fmt::format("'{{{{{}}}}}' is no variable: a name has letters, "
                                                "digits, '_' and '-'",
                                                reference.inside)});
    return part;
}

/// Reads the language by descent; positions are byte offsets into the whole text.
class Reader {
public:
    Reader(std::string_view text, std::vector<TextProblem>& problems)
        : text_(text), problems_(problems) {}

    Sequence whole() {
        auto sequence = read_sequence(0);
        bool const stray = at_ < text_.size() && !failed_; // only a '}' ends it early
        if (stray) fail(at_, "'}' without '{': write '\\}' for a plain brace");
        return sequence;
    }

private:
    Sequence read_sequence(std::size_t depth) {
        Sequence sequence;
        while (at_ < text_.size() && !failed_) {
            char const c = text_[at_];
            if (c == '}' || (c == ',' && depth > 0)) break;
            if (c == '{') {
                sequence.push_back(read_braces(depth));
            } else {
                append_plain(sequence);
            }
        }
        return sequence;
    }

    void append_plain(Sequence& sequence) {
        bool const escape = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                            std::string_view("{},").find(text_[at_ + 1]) != std::string_view::npos;
        if (escape) ++at_;
        if (sequence.empty() || sequence.back().kind != Part::Kind::plain)
            sequence.emplace_back().offset = at_;
        sequence.back().text += text_[at_++];
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
        refuse_later_language(opened);
        if (depth == nesting_max) {
            fail(opened, fmt::format("braces nested deeper than {}", nesting_max));
            return part;
        }
        char stop = ',';
        while (stop == ',' && !failed_) {
            ++at_; // the '{' or the ','
            part.options.push_back(trimmed(read_sequence(depth + 1)));
            stop = at_ < text_.size() ? text_[at_] : '\0';
        }
        if (stop == '}') {
            ++at_;
        } else if (!failed_) {
            fail(opened, "'{' is never closed: write '\\{' for a plain brace");
        }
        return part;
    }

    /// Weighted choices and picks are to come; until then they must not pass as plain text.
    void refuse_later_language(std::size_t opened) {
        auto const inside =
            text_.substr(opened + 1, text_.find_first_of("{}", opened + 1) - opened - 1);
        if (inside.find("$$") != std::string_view::npos)
            fail(opened, "not supported yet: picks such as '{2$$a|b|c}'");
        else if (inside.find('|') != std::string_view::npos)
            fail(opened, "not supported yet: choices such as '{0.3::a | 0.7::b}'; "
                         "permutations are written '{a, b}'");
    }

    /// Blanks around an option are for the reader of the job file, not for the service.
    static Sequence trimmed(Sequence option) {
        auto const is_plain = [](Part const& part) { return part.kind == Part::Kind::plain; };
        if (!option.empty() && is_plain(option.front())) {
            auto& text = option.front().text;
            text.erase(0, std::min(text.find_first_not_of(" \t\n"), text.size()));
        }
        if (!option.empty() && is_plain(option.back())) {
            auto& text = option.back().text;
            text.erase(text.find_last_not_of(" \t\n") + 1);
        }
        return option;
    }

    void fail(std::size_t offset, std::string text) {
        problems_.push_back({offset, std::move(text)});
        failed_ = true; // what follows a lost brace would only be noise
    }

    std::string_view text_;
    std::vector<TextProblem>& problems_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

std::uint64_t count_of(Sequence const& sequence) {
    std::uint64_t product = 1;
    for (auto const& part : sequence) {
        if (part.kind != Part::Kind::choice) continue;
        std::uint64_t sum = 0;
        for (auto const& option : part.options) sum = plus(sum, count_of(option));
        product = times(product, sum);
    }
    return product;
}

void collect(Sequence const& sequence, std::vector<VariableUse>& found) {
    for (auto const& part : sequence) {
        if (part.kind == Part::Kind::variable)
            found.push_back({part.text, part.offset, part.fallback.has_value()});
        for (auto const& option : part.options) collect(option, found);
    }
}

std::string value_of(Part const& variable, Variables const& variables) {
    auto const found = std::find_if(variables.begin(), variables.end(), [&](auto const& known) {
        return known.first == variable.text;
    });
    return found != variables.end() ? found->second : variable.fallback.value_or("");
}

/// Appends the text that the mixed-radix digits in `which` choose. Takes the last choice first, so
/// that it changes fastest; hence the pieces are gathered and turned round.
std::string text_of(Sequence const& sequence, std::uint64_t& which, Variables const& variables) {
    std::vector<std::string> pieces;
    for (auto part = sequence.rbegin(); part != sequence.rend(); ++part) {
        if (part->kind == Part::Kind::plain) {
            pieces.push_back(part->text);
        } else if (part->kind == Part::Kind::variable) {
            pieces.push_back(value_of(*part, variables));
        } else {
            auto const all = count_of(Sequence{*part});
            std::uint64_t digit = which % all;
            which /= all;
            auto option = part->options.begin();
            for (; digit >= count_of(*option); ++option) digit -= count_of(*option);
            pieces.push_back(text_of(*option, digit, variables));
        }
    }
    std::string text;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) text += *piece;
    return text;
}

} // namespace

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return b != 0 && a > most / b ? most : a * b;
}

bool is_variable_name(std::string_view text) {
    auto const is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_' || c >= 0x80; };
    return !text.empty() && is_letter(static_cast<unsigned char>(text.front())) &&
           std::all_of(text.begin(), text.end(), [&](unsigned char c) {
               return is_letter(c) || std::isdigit(c) || c == '-';
           });
}

Template Template::parse(std::string_view text, std::vector<TextProblem>& problems) {
    auto const before = problems.size();
    auto sequence = Reader(text, problems).whole();
    if (problems.size() != before) return literal("");
    Template result;
    result.parts_.push_back(std::make_shared<Sequence const>(std::move(sequence)));
    return result;
}

Template Template::joined(std::vector<Template> parts) {
    Template result;
    for (auto& part : parts)
        result.parts_.insert(result.parts_.end(), part.parts_.begin(), part.parts_.end());
    return result;
}

Template Template::literal(std::string text) {
    Part part;
    part.text = std::move(text);
    Template result;
    result.parts_.push_back(std::make_shared<Sequence const>(Sequence{std::move(part)}));
    return result;
}

std::uint64_t Template::count() const {
    std::uint64_t product = 1;
    for (auto const& part : parts_) product = times(product, count_of(*part));
    return product;
}

std::vector<VariableUse> Template::variables() const {
    std::vector<VariableUse> found;
    for (auto const& part : parts_) collect(*part, found);
    return found;
}

std::string Template::expand(std::uint64_t which, Variables const& variables) const {
    std::vector<std::string> texts;
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
        auto const text = text_of(**part, which, variables);
        if (auto const bare = trim(text); !bare.empty()) texts.emplace_back(bare);
    }
    std::reverse(texts.begin(), texts.end());
    return join(texts, " ");
}

std::string fill(std::string_view text, Variables const& variables) {
    std::string filled;
    std::vector<TextProblem> ignored; // variables_in() has reported them when the file was read
    while (!text.empty()) {
        if (auto const reference = reference_at(text)) {
            filled += value_of(variable_part(*reference, 0, ignored), variables);
            text.remove_prefix(reference->length);
        } else {
            filled += text.front();
            text.remove_prefix(1);
        }
    }
    return filled;
}

std::vector<VariableUse> variables_in(std::string_view text, std::vector<TextProblem>& problems) {
    std::vector<VariableUse> found;
    for (std::size_t at = text.find("{{"); at < text.size(); at = text.find("{{", at)) {
        auto const reference = reference_at(text.substr(at));
        if (reference) {
            auto const part = variable_part(*reference, at, problems);
            found.push_back({part.text, at, part.fallback.has_value()});
        }
        at += reference ? reference->length : 1;
    }
    return found;
}

} // namespace darkroom::jobs
