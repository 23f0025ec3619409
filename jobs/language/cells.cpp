#include "jobs/language/cells.hpp"

#include "jobs/language/prompt_reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace darkroom::jobs {

namespace {

using ReadCells = std::map<std::string_view, TextSequence>;

TextSequence replaced(TextSequence const& from, ReadCells const& cells);

bool uses_one(std::vector<VariableUse> const& uses, ReadCells const& cells) {
    return std::any_of(uses.begin(), uses.end(),
                       [&cells](VariableUse const& use) { return cells.contains(use.name); });
}

TextPart replaced_choice(TextPart part, ReadCells const& cells) {
    if (!uses_one(part.choice->uses, cells)) return part;
    Choice choice = *part.choice;
    choice.uses.clear();
    for (auto& option : choice.options) option.text = replaced(option.text, cells);
    choice.close();
    part.choice = std::make_shared<Choice const>(std::move(choice));
    return part;
}

TextSequence replaced(TextSequence const& from, ReadCells const& cells) {
    auto into = from; // with all that is not a part
    into.parts.clear();
    into.count = 1;
    into.longest = from.lead.empty() ? 0 : from.lead.size() + 1;
    for (auto const& part : from.parts) {
        auto const cell =
            part.kind == TextPart::Kind::variable ? cells.find(part.text) : cells.end();
        if (cell != cells.end()) {
            for (auto const& inner : cell->second.parts) into.add(inner);
        } else if (part.choice) {
            into.add(replaced_choice(part, cells));
        } else if (part.styled) {
            auto styled = std::make_shared<Styled>();
            styled->style = replaced(part.styled->style, cells);
            styled->placeholder = part.styled->placeholder;
            styled->subject = replaced(part.styled->subject, cells);
            auto made = part;
            made.styled = std::move(styled);
            into.add(std::move(made));
        } else {
            into.add(part);
        }
    }
    return into;
}

/// Puts a backslash before each sign of the placeholder.
std::string with_plain(std::string_view value, std::string_view placeholder) {
    std::string plain;
    while (!placeholder.empty()) {
        auto const at = value.find(placeholder);
        if (at == std::string_view::npos) break;
        plain += value.substr(0, at);
        for (char const c : placeholder) {
            if (std::string_view("{},|_$").find(c) != std::string_view::npos) plain += '\\';
            plain += c;
        }
        value.remove_prefix(at + placeholder.size());
    }
    return plain.append(value);
}

} // namespace

bool is_plain_value(std::string_view value) {
    return value.find_first_of("{}\\$") == std::string_view::npos &&
           value.find("__") == std::string_view::npos;
}

std::optional<Template> with_cells_read(Template const& text, Variables const& cells,
                                        CellReading reading, std::vector<CellProblem>& problems) {
    bool const all_plain = std::all_of(
        cells.begin(), cells.end(), [](auto const& cell) { return is_plain_value(cell.second); });
    if (all_plain) return std::nullopt;
    auto const uses = text.variables();
    ReadCells read;
    for (auto const& [name, value] : cells) {
        bool const is_used = std::any_of(
            uses.begin(), uses.end(), [&name = name](auto const& use) { return use.name == name; });
        if (!is_used || is_plain_value(value)) continue;
        std::vector<TextProblem> found;
        auto sequence =
            read_sequence(with_plain(value, reading.placeholder), found, &reading.wildcards);
        for (auto& problem : found) problems.push_back({name, std::move(problem)});
        read.emplace(name, std::move(sequence));
    }
    if (read.empty()) return std::nullopt;
    std::vector<std::shared_ptr<TextSequence const>> parts;
    for (auto const& part : text.parts())
        parts.push_back(std::make_shared<TextSequence const>(replaced(*part, read)));
    return Template(std::move(parts));
}

} // namespace darkroom::jobs
