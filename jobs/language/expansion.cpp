#include "jobs/language/expansion.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::jobs {

namespace {

/// An option and the number of its text.
struct Taken {
    std::size_t option = 0;
    std::uint64_t which = 0;
};

Taken taken_one(Choice const& choice, std::uint64_t which) {
    auto const after = std::upper_bound(
        choice.options.begin(), choice.options.end(), which,
        [](std::uint64_t number, Option const& option) { return number < option.before; });
    auto const option = std::prev(after);
    return {static_cast<std::size_t>(option - choice.options.begin()), which - option->before};
}

/// Goes through the sizes in order, and within a size takes the earliest option first.
std::vector<Taken> taken_pick(Choice const& choice, std::uint64_t which) {
    auto left = choice.least;
    for (; left < choice.most; ++left) {
        auto const of_this_size = choice.ways_from(0, left);
        if (which < of_this_size) break;
        which -= of_this_size;
    }
    std::vector<Taken> taken;
    for (std::size_t i = 0; left > 0; ++i) {
        auto const ways_after = choice.ways_from(i + 1, left - 1);
        auto const with_it = times(choice.options[i].text.count, ways_after);
        if (which >= with_it) {
            which -= with_it;
            continue;
        }
        taken.push_back({i, which / ways_after});
        which %= ways_after;
        --left;
    }
    return taken;
}

void write_choice(Choice const& choice, std::uint64_t which, Variables const& variables,
                  std::string& text) {
    if (choice.takes_one()) {
        auto const taken = taken_one(choice, which);
        return write_text(choice.options[taken.option].text, taken.which, variables, text);
    }
    bool first = true;
    for (auto const& taken : taken_pick(choice, which)) {
        if (!std::exchange(first, false)) text += choice.separator;
        write_text(choice.options[taken.option].text, taken.which, variables, text);
    }
}

/// Puts the subject in the place of the placeholder; without one the subject stands before the
/// style.
void write_styled(Styled const& styled, std::uint64_t which, Variables const& variables,
                  std::string& text) {
    constexpr int replaced_max = 64;
    std::string style;
    std::string subject;
    write_text(styled.style, which / styled.subject.count, variables, style);
    write_text(styled.subject, which % styled.subject.count, variables, subject);
    auto rest = std::string_view(style);
    auto at = rest.find(styled.placeholder);
    if (at == std::string_view::npos) {
        text += subject;
        if (!trim(rest).empty()) text += ", " + std::string(trim(rest));
        return;
    }
    for (int replaced = 0; at != std::string_view::npos && replaced < replaced_max; ++replaced) {
        text += rest.substr(0, at);
        text += subject;
        rest.remove_prefix(at + styled.placeholder.size());
        at = rest.find(styled.placeholder);
    }
    text += rest;
}

/// Splits the number of a text into the digits of its parts, in mixed radix; the last part has the
/// lowest digit.
class Digits {
public:
    Digits(TextSequence const& sequence, std::uint64_t which)
        : rest_(sequence.count), which_(which) {}

    std::uint64_t next(std::uint64_t count) {
        rest_ = std::max<std::uint64_t>(rest_ / count, 1);
        auto const digit = which_ / rest_;
        which_ %= rest_;
        return digit;
    }

private:
    std::uint64_t rest_;
    std::uint64_t which_;
};

void trace_choice(TextPart const& part, std::uint64_t which, Variables const& variables,
                  std::string const& place, std::vector<Drawn>& drawn) {
    auto const& choice = *part.choice;
    bool const is_glob = part.text.find('*') != std::string::npos && choice.takes_one();
    if (is_glob) { // its options are files
        auto const taken = taken_one(choice, which);
        auto const& file = choice.options[taken.option].text.parts.front();
        return trace_choice(file, taken.which, variables, place, drawn);
    }
    Drawn one;
    one.place = place;
    one.wildcard = part.text;
    write_choice(choice, which, variables, one.text);
    auto const number_of = [&choice](std::size_t option) {
        auto const line = choice.options[option].line;
        return line > 0 ? line : option + 1;
    };
    one.is_pick = !choice.takes_one();
    if (one.is_pick) {
        for (auto const& taken : taken_pick(choice, which))
            one.options.push_back(number_of(taken.option));
        drawn.push_back(std::move(one));
        return;
    }
    auto const taken = taken_one(choice, which);
    auto const& option = choice.options[taken.option];
    one.options.push_back(number_of(taken.option));
    one.weight = option.weight;
    drawn.push_back(std::move(one));
    trace_text(option.text, taken.which, variables, place, drawn);
}

} // namespace

std::string_view value_of(TextPart const& variable, Variables const& variables) {
    auto const found = std::find_if(variables.begin(), variables.end(), [&](auto const& known) {
        return known.first == variable.text;
    });
    if (found != variables.end()) return found->second;
    return variable.fallback ? std::string_view(*variable.fallback) : std::string_view();
}

void write_text(TextSequence const& sequence, std::uint64_t which, Variables const& variables,
                std::string& text) {
    Digits digits(sequence, which);
    for (auto const& part : sequence.parts) {
        switch (part.kind) {
        case TextPart::Kind::plain: text += part.text; break;
        case TextPart::Kind::variable: text += value_of(part, variables); break;
        case TextPart::Kind::choice:
            write_choice(*part.choice, digits.next(part.choice->count), variables, text);
            break;
        case TextPart::Kind::styled:
            write_styled(*part.styled, digits.next(part.styled->count()), variables, text);
            break;
        }
    }
}

void trace_text(TextSequence const& sequence, std::uint64_t which, Variables const& variables,
                std::string const& place, std::vector<Drawn>& drawn) {
    Digits digits(sequence, which);
    std::size_t number = 0;
    for (auto const& part : sequence.parts) {
        if (part.kind == TextPart::Kind::choice) {
            trace_choice(part, digits.next(part.choice->count), variables,
                         place + '.' + std::to_string(++number), drawn);
        } else if (part.kind == TextPart::Kind::styled) {
            auto const& styled = *part.styled;
            auto const digit = digits.next(styled.count());
            trace_text(styled.style, digit / styled.subject.count, variables, place + ".style",
                       drawn);
            trace_text(styled.subject, digit % styled.subject.count, variables, place, drawn);
        }
    }
}

} // namespace darkroom::jobs
