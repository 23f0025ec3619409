#include "runner/report/pick_page.hpp"

#include "runner/base/text.hpp"
#include "runner/report/pick_page_parts.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace darkroom::report {

namespace {

constexpr std::size_t tiles = 4;

std::string count_of(jobs::PickCount const& count) {
    if (count.least == count.most) return fmt::format("{}", count.least);
    return fmt::format("{} to {}", count.least, count.most);
}

/// "upscale3" is of the third tile.
std::optional<std::size_t> tile_of(std::string_view action) {
    if (action.empty() || action.back() < '1' || action.back() > '4') return std::nullopt;
    bool const of_a_tile = action.starts_with("upscale") || action.starts_with("variation");
    auto const number = static_cast<std::size_t>(action.back() - '1');
    return of_a_tile ? std::optional(number) : std::nullopt;
}

/// The action of each tile, where a click on a tile can mean only one; none else.
using Tiles = std::array<std::string_view, tiles>;
std::optional<Tiles> tiles_of(PickCard const& card) {
    if (!card.is_grid || card.file.empty()) return std::nullopt;
    Tiles found{};
    bool any = false;
    for (auto const& action : card.actions) {
        auto const tile = tile_of(action);
        if (!tile) continue;
        if (!found[*tile].empty()) return std::nullopt;
        found[*tile] = action;
        any = true;
    }
    return any ? std::optional(found) : std::nullopt;
}

std::string image_of(PickCard const& card, std::string_view more) {
    auto size = std::string();
    if (card.width > 0 && card.height > 0)
        size = fmt::format(" width=\"{}\" height=\"{}\"", card.width, card.height);
    return fmt::format("<img{} src=\"{}\"{} loading=\"lazy\" decoding=\"async\" alt=\"\">", more,
                       url_of_path(card.file), size);
}

std::string box_of(PickCard const& card, std::string_view action) {
    return fmt::format("<input type=\"checkbox\" name=\"{}\" value=\"{}\">", card.key,
                       html_escaped(action));
}

/// The grid cut into four by the style sheet: the picture four times, each moved in its frame.
std::string grid_of(PickCard const& card, Tiles const& actions) {
    auto const ratio = card.width > 0 && card.height > 0
                           ? fmt::format("{} / {}", card.width, card.height)
                           : std::string("1 / 1");
    auto html = std::string("<div class=\"grid\">\n");
    for (std::size_t i = 0; i < tiles; ++i) {
        bool const none = actions[i].empty();
        auto const tag = none ? "div" : "label";
        html += fmt::format("<{} class=\"tile tile-{}{}\" style=\"aspect-ratio: {}\">", tag, i + 1,
                            none ? " none" : "", ratio);
        html += image_of(card, "");
        if (!none)
            html += fmt::format("{}<span>{}</span>", box_of(card, actions[i]),
                                html_escaped(actions[i]));
        html += fmt::format("</{}>\n", tag);
    }
    return html + "</div>\n";
}

std::string choices_of(PickCard const& card, std::vector<std::string_view> const& actions) {
    if (actions.empty()) return {};
    auto html = std::string("<div class=\"choices\">\n");
    for (auto const action : actions)
        html += fmt::format("<label class=\"choice\">{}{}</label>\n", box_of(card, action),
                            html_escaped(action));
    return html + "</div>\n";
}

std::string picture_of(PickCard const& card, std::optional<Tiles> const& cut) {
    if (cut) return grid_of(card, *cut);
    if (!card.file.empty()) return image_of(card, " class=\"whole\"") + "\n";
    return "<p class=\"empty\">No picture was kept of this step.</p>\n";
}

std::string html_of(PickCard const& card) {
    auto const cut = tiles_of(card);
    std::vector<std::string_view> others;
    for (auto const& action : card.actions) {
        if (!cut || !tile_of(action)) others.push_back(action);
    }
    return fmt::format("<fieldset class=\"card\" data-key=\"{}\" data-least=\"{}\" "
                       "data-most=\"{}\">\n<legend>{}</legend>\n<p class=\"prompt\">{}</p>\n{}{}"
                       "<p class=\"state\" aria-live=\"polite\">Pick {}</p>\n</fieldset>\n",
                       card.key, card.count.least, card.count.most, html_escaped(card.name),
                       html_escaped(card.prompt), picture_of(card, cut), choices_of(card, others),
                       count_of(card.count));
}

/// JSON inside of a script element: nothing in it may look like the element's end.
std::string json_escaped(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
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
<p>{3}Click a picture, or go with <kbd>j</kbd> <kbd>k</kbd> or <kbd>Tab</kbd>, pick with
<kbd>1</kbd> … <kbd>9</kbd> or the space bar, save with <kbd>s</kbd>. What you leave out
waits on.</p>
</header>
)",
                       title, pick_style(), page.waiting,
                       page.waiting > page.cards.size()
                           ? fmt::format("These are the first {}; write the page anew for the "
                                         "rest. ",
                                         page.cards.size())
                           : "");
}

std::string foot_of(PickPage const& page) {
    return fmt::format(R"(<footer><div>
<p id="told" role="status">Without scripts nothing can be saved here: use darkroom pick --set.</p>
<button id="save" type="button" disabled>Save picks.json</button>
<p id="then" hidden>Saved. Now <code>darkroom pick {} --from picks.json</code> (where your
browser put it), then run the job file again.</p>
</div></footer>
<script type="application/json" id="picks">{}</script>
<script>
{}</script>
</body>
</html>
)",
                       html_escaped(page.directory), json_escaped(page.picks), pick_script());
}

} // namespace

std::string html_escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        }
    }
    return out;
}

std::string url_of_path(std::string_view path) {
    std::string out;
    for (char const c : path) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string pick_page(PickPage const& page) {
    auto html = head_of(page) + "<main>\n";
    for (auto const& card : page.cards) html += html_of(card);
    return html + "</main>\n" + foot_of(page);
}

} // namespace darkroom::report
