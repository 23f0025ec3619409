// Counts, numbers and expands the texts of a prompt.
#include "jobs/language/prompt.hpp"

#include "jobs/language/expansion.hpp"
#include "jobs/language/prompt_reader.hpp"
#include "runner/base/text.hpp"

#include <algorithm>
#include <cctype>

namespace darkroom::jobs {

namespace {

using Part = TextPart;
using Sequence = TextSequence;

std::uint64_t draw(Sequence const& sequence, Dice& dice);

std::uint64_t draw_one(Choice const& choice, Dice& dice) {
    auto const& last = choice.options.back();
    auto const point = dice.below(last.weight_before + last.weight);
    auto const after = std::upper_bound(
        choice.options.begin(), choice.options.end(), point,
        [](std::uint64_t number, Option const& option) { return number < option.weight_before; });
    auto const& option = *std::prev(after);
    return option.before + draw(option.text, dice);
}

/// Takes `size` options by weight, none twice.
std::vector<bool> draw_options(Choice const& choice, std::size_t size, Dice& dice) {
    std::vector<bool> taken(choice.options.size());
    auto const& last = choice.options.back();
    auto left = last.weight_before + last.weight;
    for (; size > 0; --size) {
        auto point = dice.below(left);
        std::size_t i = 0;
        for (; taken[i] || point >= choice.options[i].weight; ++i) {
            if (!taken[i]) point -= choice.options[i].weight;
        }
        taken[i] = true;
        left -= choice.options[i].weight;
    }
    return taken;
}

std::uint64_t draw_pick(Choice const& choice, Dice& dice) {
    auto left = choice.least + dice.below(choice.most - choice.least + 1);
    std::uint64_t number = 0;
    for (auto size = choice.least; size < left; ++size) number += choice.ways_from(0, size);
    auto const taken = draw_options(choice, left, dice);
    for (std::size_t i = 0; left > 0; ++i) {
        auto const& option = choice.options[i].text;
        auto const ways_after = choice.ways_from(i + 1, left - 1);
        if (taken[i]) {
            number += draw(option, dice) * ways_after;
            --left;
        } else {
            number += option.count * ways_after;
        }
    }
    return number;
}

std::uint64_t draw(Sequence const& sequence, Dice& dice) {
    std::uint64_t number = 0;
    for (auto const& part : sequence.parts) {
        if (part.styled) {
            number = number * part.styled->style.count + draw(part.styled->style, dice);
            number = number * part.styled->subject.count + draw(part.styled->subject, dice);
        }
        if (part.kind != Part::Kind::choice) continue;
        auto const& choice = *part.choice;
        number *= choice.count;
        number += choice.takes_one() ? draw_one(choice, dice) : draw_pick(choice, dice);
    }
    return number;
}

/// Trims the text that was added after `begin`.
void trim_after(std::size_t begin, std::string& text) {
    auto const bare = trim(std::string_view(text).substr(begin));
    auto const skipped =
        bare.empty() ? 0 : static_cast<std::size_t>(bare.data() - (text.data() + begin));
    text.resize(begin + skipped + bare.size());
    if (skipped > 0) text.erase(begin, skipped);
}

bool is_empty(Part const& part, Variables const& variables) {
    return part.kind == Part::Kind::variable && !part.fallback && value_of(part, variables).empty();
}

/// Returns true for what is more than signs between variables.
bool has_value(Part const& part, Variables const& variables) {
    auto const is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; };
    return part.kind == Part::Kind::plain
               ? std::any_of(part.text.begin(), part.text.end(), is_letter)
               : !is_empty(part, variables);
}

/// Puts the option's name before its value, the text from `begin` on. Without a value, or where the
/// variables in it are all empty and only signs are left, there is no option. `true` stands for the
/// name alone, as in a job file, `false` for no option.
void write_option(Sequence const& option, Variables const& variables, std::size_t begin,
                  std::string& text) {
    auto const& parts = option.parts;
    bool const misses_all =
        std::any_of(parts.begin(), parts.end(),
                    [&](Part const& part) { return is_empty(part, variables); }) &&
        std::none_of(parts.begin(), parts.end(),
                     [&](Part const& part) { return has_value(part, variables); });
    bool const is_one = parts.size() == 1 && parts.front().kind == Part::Kind::variable;
    auto const value = is_one ? to_lower(std::string_view(text).substr(begin)) : std::string();
    if (misses_all || value == "false") text.resize(begin);
    if (value == "true") text.resize(begin);
    if (value == "true")
        text += option.lead;
    else if (text.size() > begin)
        text.insert(begin, option.lead + ' ');
}

} // namespace

Template::Template(Parts parts) : parts_(std::move(parts)) {
    for (auto const& part : parts_) count_ = times(count_, part->count);
}

Template Template::parse(std::string_view text, std::vector<TextProblem>& problems,
                         ChoiceSource* wildcards) {
    auto const before = problems.size();
    auto sequence = read_sequence(text, problems, wildcards);
    if (problems.size() != before) return literal("");
    Template result;
    result.count_ = sequence.count;
    result.parts_.push_back(std::make_shared<Sequence const>(std::move(sequence)));
    return result;
}

Template Template::joined(std::vector<Template> parts) {
    Template result;
    for (auto& part : parts) {
        result.parts_.insert(result.parts_.end(), part.parts_.begin(), part.parts_.end());
        result.count_ = times(result.count_, part.count_);
    }
    return result;
}

Template Template::literal(std::string text) {
    Sequence sequence;
    Part part;
    part.text = std::move(text);
    sequence.add(std::move(part));
    Template result;
    result.parts_.push_back(std::make_shared<Sequence const>(std::move(sequence)));
    return result;
}

Template Template::styled(Template const& style, std::string placeholder, Template const& subject) {
    auto styled = std::make_shared<Styled>();
    styled->style = *style.parts_.front();
    styled->placeholder = std::move(placeholder);
    styled->subject = *subject.parts_.front();
    Part part;
    part.kind = Part::Kind::styled;
    part.styled = std::move(styled);
    Sequence sequence;
    sequence.add(std::move(part));
    Template result;
    result.count_ = sequence.count;
    result.parts_.push_back(std::make_shared<Sequence const>(std::move(sequence)));
    return result;
}

std::vector<VariableUse> Template::variables() const {
    std::vector<VariableUse> found;
    for (auto const& part : parts_) collect_uses(*part, found);
    return found;
}

std::string Template::expand(std::uint64_t which, Variables const& variables) const {
    std::string text;
    expand(which, variables, text);
    return text;
}

void Template::expand(std::uint64_t which, Variables const& variables, std::string& text) const {
    auto rest = count_;
    for (auto const& part : parts_) {
        rest = std::max<std::uint64_t>(rest / part->count, 1);
        auto const before = text.size();
        if (before > 0) text += ' ';
        auto const begin = text.size();
        write_text(*part, which / rest, variables, text);
        which %= rest;
        trim_after(begin, text);
        if (!part->lead.empty()) write_option(*part, variables, begin, text);
        if (text.size() == begin) text.resize(before); // no blank for nothing
    }
}

std::vector<Drawn> Template::drawn(std::uint64_t which, Variables const& variables,
                                   std::vector<std::string> const& names) const {
    std::vector<Drawn> drawn;
    auto rest = count_;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        auto const& part = *parts_[i];
        rest = std::max<std::uint64_t>(rest / part.count, 1);
        bool const has_choice =
            std::any_of(part.parts.begin(), part.parts.end(),
                        [](Part const& one) { return one.choice || one.styled; });
        if (has_choice)
            trace_text(part, which / rest, variables, i < names.size() ? names[i] : "", drawn);
        which %= rest;
    }
    return drawn;
}

std::uint64_t Template::draw(Dice& dice) const {
    std::uint64_t number = 0;
    for (auto const& part : parts_) number = number * part->count + jobs::draw(*part, dice);
    return number;
}

bool Template::may_be_blank() const {
    return std::all_of(parts_.begin(), parts_.end(), [](auto const& sequence) {
        return std::all_of(sequence->parts.begin(), sequence->parts.end(), [](Part const& part) {
            return part.kind != Part::Kind::plain || trim(part.text).empty();
        });
    });
}

std::string fill(std::string_view text, Variables const& variables) {
    std::string filled;
    std::vector<TextProblem> ignored; // variables_in() has reported them when the file was read
    while (!text.empty()) {
        if (auto const reference = reference_at(text)) {
            filled += value_of(variable_part(*reference, 0, ignored), variables);
            text.remove_prefix(reference->length);
        } else {
            auto const plain = std::min(text.find("{{", 1), text.size());
            filled += text.substr(0, plain);
            text.remove_prefix(plain);
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
