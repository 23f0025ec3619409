#include "runner/report/pick_page.hpp"

#include "runner/base/text.hpp"
#include "runner/report/html.hpp"
#include "runner/report/pick_page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace darkroom::report {

namespace {

constexpr std::size_t tiles = 4;

std::string count_of(jobs::PickCount const& count) {
    if (count.least == count.most) return fmt::format("{}", count.least);
    return fmt::format("{} to {}", count.least, count.most);
}

/// Returns the index of the tile that an action works on: 2 for "upscale3".
std::optional<std::size_t> tile_of(std::string_view action) {
    if (action.empty() || action.back() < '1' || action.back() > '4') return std::nullopt;
    bool const of_a_tile = action.starts_with("upscale") || action.starts_with("variation");
    auto const number = static_cast<std::size_t>(action.back() - '1');
    return of_a_tile ? std::optional(number) : std::nullopt;
}

/// Returns the actions of each tile, when there is a grid to cut.
using Tiles = std::array<std::vector<std::string_view>, tiles>;
std::optional<Tiles> tiles_of(PickCard const& card) {
    if (!card.is_grid || card.file.empty()) return std::nullopt;
    Tiles found{};
    bool any = false;
    for (auto const& action : card.actions) {
        auto const tile = tile_of(action);
        if (!tile) continue;
        found[*tile].push_back(action);
        any = true;
    }
    return any ? std::optional(found) : std::nullopt;
}

/// Returns true when each tile has at most one action, so that a click is unambiguous.
bool is_plain(Tiles const& cut) {
    return std::all_of(cut.begin(), cut.end(), [](auto const& one) { return one.size() <= 1; });
}

std::string image_of(PickCard const& card, std::string_view more) {
    auto size = std::string();
    if (card.width > 0 && card.height > 0)
        size = fmt::format(" width=\"{}\" height=\"{}\"", card.width, card.height);
    return fmt::format("<img{} src=\"{}\"{} loading=\"lazy\" decoding=\"async\" alt=\"\">", more,
                       url_of_path(card.file), size);
}

/// Hands out the keys 1 to 9 of a card; further choices have no key.
class Keys {
public:
    explicit Keys(std::size_t first) : next_(first) {}
    std::size_t next() { return next_ > 9 ? 0 : next_++; }

private:
    std::size_t next_;
};

std::string box_of(PickCard const& card, std::string_view action, std::size_t key) {
    auto const shortcut = key == 0 ? "" : fmt::format(" aria-keyshortcuts=\"{}\"", key);
    return fmt::format("<input type=\"checkbox\" name=\"{}\" value=\"{}\"{}>", card.key,
                       html_escaped(action), shortcut);
}

std::string choices_of(PickCard const& card, std::vector<std::string_view> const& actions,
                       Keys& keys) {
    if (actions.empty()) return {};
    auto html = std::string("<div class=\"choices\">\n");
    for (auto const action : actions) {
        auto const key = keys.next();
        auto const hint = key == 0 ? "" : fmt::format(" <kbd aria-hidden=\"true\">{}</kbd>", key);
        html += fmt::format("<label class=\"choice\">{}{}{}</label>\n", box_of(card, action, key),
                            html_escaped(action), hint);
    }
    return html + "</div>\n";
}

/// Returns the grid, cut into four by the style sheet: the picture four times, each moved in its
/// frame. A tile with one action is that choice itself, and its number is the key.
std::string grid_of(PickCard const& card, Tiles const& cut, Keys& keys) {
    auto const ratio = card.width > 0 && card.height > 0
                           ? fmt::format("{} / {}", card.width, card.height)
                           : std::string("1 / 1");
    bool const plain = is_plain(cut);
    auto html = std::string("<div class=\"grid\">\n");
    for (std::size_t i = 0; i < tiles; ++i) {
        bool const is_choice = plain && !cut[i].empty();
        auto const tag = is_choice ? "label" : "div";
        html += fmt::format("<{} class=\"tile tile-{}{}\" style=\"aspect-ratio: {}\">{}", tag,
                            i + 1, is_choice ? "" : " none", ratio, image_of(card, ""));
        if (is_choice)
            html += fmt::format("{}<span>{}</span>", box_of(card, cut[i].front(), i + 1),
                                html_escaped(cut[i].front()));
        else
            html += choices_of(card, cut[i], keys);
        html += fmt::format("</{}>\n", tag);
    }
    return html + "</div>\n";
}

std::string picture_of(PickCard const& card, std::optional<Tiles> const& cut, Keys& keys) {
    if (cut) return grid_of(card, *cut, keys);
    if (!card.file.empty()) return image_of(card, " class=\"whole\"") + "\n";
    return "<p class=\"empty\">No picture was kept of this step.</p>\n";
}

/// Returns a link to the picture in full size.
std::string link_of(PickCard const& card) {
    if (card.file.empty()) return {};
    return fmt::format("<a class=\"full\" href=\"{}\" target=\"_blank\" rel=\"noopener\" "
                       "aria-keyshortcuts=\"o\">Full size</a>",
                       url_of_path(card.file));
}

std::string html_of(PickCard const& card, std::size_t number) {
    auto const cut = tiles_of(card);
    std::vector<std::string_view> others;
    for (auto const& action : card.actions) {
        if (!cut || !tile_of(action)) others.push_back(action);
    }
    Keys keys(cut && is_plain(*cut) ? tiles + 1 : 1);
    auto const picture = picture_of(card, cut, keys);
    return fmt::format("<fieldset class=\"card\" data-key=\"{0}\" data-least=\"{1}\" "
                       "data-most=\"{2}\" aria-describedby=\"prompt-{3}\">\n<legend>{4}</legend>\n"
                       "<p class=\"prompt\" id=\"prompt-{3}\">{5}</p>\n{6}{7}<div class=\"below\">"
                       "<p class=\"state\" aria-live=\"polite\">Pick {8}</p>{9}</div>\n"
                       "</fieldset>\n",
                       card.key, card.count.least, card.count.most, number, html_escaped(card.name),
                       html_escaped(card.prompt), picture, choices_of(card, others, keys),
                       count_of(card.count), link_of(card));
}

std::string head_of(PickPage const& page) {
    auto const title = html_escaped(page.name);
    return fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file:;
 style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Pick: {0}</title>
<style>
{1}</style>
</head>
<body>
<header>
<h1>{0}: {2} to pick</h1>
<p>{3}Click the pictures to continue with; another click removes a pick. The rest waits.</p>
<p class="keys">Keys: <kbd>j</kbd> <kbd>k</kbd> next and back, <kbd>n</kbd> next without a pick,
<kbd>1</kbd> … <kbd>9</kbd> or the space bar pick, <kbd>o</kbd> full size, <kbd>s</kbd> save.</p>
</header>
)",
                       title, pick_style(), page.waiting,
                       page.waiting > page.cards.size()
                           ? fmt::format("These are the first {}; write the page again for the "
                                         "rest. ",
                                         page.cards.size())
                           : "");
}

std::string foot_of(PickPage const& page) {
    return fmt::format(R"(<footer><div>
<p id="status" role="status">Without scripts nothing can be saved here: use darkroom pick --set.</p>
<button id="save" type="button" disabled>Save picks.json</button>
<p id="then" hidden>Saved. Now <code>darkroom pick {} --from picks.json</code> (where your
browser put it, under the name it gave), then run the job file again.</p>
</div></footer>
<script type="application/json" id="picks">{}</script>
<script>
{}</script>
</body>
</html>
)",
                       html_escaped(page.directory), json_in_html(page.picks), pick_script());
}

} // namespace

std::string pick_page(PickPage const& page) {
    auto html = head_of(page) + "<main>\n";
    std::size_t number = 0;
    for (auto const& card : page.cards) html += html_of(card, ++number);
    return html + "</main>\n" + foot_of(page);
}

} // namespace darkroom::report
