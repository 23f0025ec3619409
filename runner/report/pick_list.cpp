#include "runner/report/pick_list.hpp"

#include "runner/base/text.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::report {

namespace {

constexpr std::size_t shown_digits = 8; // of the key

std::string count_text(jobs::PickCount const& count) {
    if (count.least == count.most) return fmt::format("{}", count.least);
    return fmt::format("{}..{}", count.least, count.most);
}

} // namespace

PickCard card_of(PickChoice const& choice) {
    PickCard card;
    card.key = to_hex(choice.step.key);
    card.name = choice.name();
    card.prompt = choice.step.item->request.prompt();
    card.is_grid = choice.step.kind() == jobs::ResultKind::grid;
    card.count = choice.spot.count;
    for (auto const& step : choice.spot.candidates) card.actions.push_back(step.request.action());
    auto const& saved = choice.state.saved;
    auto const whole =
        std::find_if(saved.begin(), saved.end(), [](auto const& image) { return image.tile == 0; });
    if (whole == saved.end()) return card;
    card.file = whole->file;
    return card;
}

std::string pick_line(PickCard const& card) {
    return printable(fmt::format("{}  {}  pick {} of {}  {}", card.key.substr(0, shown_digits),
                                 card.name, count_text(card.count), join(card.actions, ","),
                                 card.prompt));
}

json::Value to_json(PickCard const& card) {
    json::Array actions;
    for (auto const& action : card.actions) actions.emplace_back(action);
    json::Value value;
    value.set("key", card.key);
    value.set("step", card.name);
    value.set("prompt", card.prompt);
    value.set("file", card.file.empty() ? json::Value() : json::Value(card.file));
    value.set("least", card.count.least);
    value.set("most", card.count.most);
    value.set("actions", std::move(actions));
    return value;
}

} // namespace darkroom::report
