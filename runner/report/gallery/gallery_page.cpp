#include "runner/report/gallery/gallery_page.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/time_text.hpp"
#include "runner/report/gallery/page_parts.hpp"
#include "runner/report/html.hpp"

#include "jobs/plan/picks.hpp"

#include <fmt/format.h>

namespace darkroom::report {

namespace {

/// Returns what a Content-Security-Policy says of the only text of a kind that may be used.
std::string allowed(std::string_view text) {
    auto const digest = sha256(text);
    auto const bytes =
        std::string_view(reinterpret_cast<char const*>(digest.data()), digest.size());
    return fmt::format("'sha256-{}'", to_base64(bytes));
}

std::string_view script_for(bool is_live) {
    return is_live ? live_gallery_script() : gallery_script();
}

std::string_view style_for(bool is_live) {
    return is_live ? live_gallery_style() : gallery_style();
}

std::string policy(bool is_live) {
    return fmt::format("default-src 'none'; img-src 'self' file:; media-src 'self' file:; {}"
                       "style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                       is_live ? "connect-src 'self'; " : "", allowed(style_for(is_live)),
                       allowed(script_for(is_live)));
}

/// Returns a list with an object a picture: its key, and what is asked of it.
json::Value choices_json(std::vector<PickCard> const& cards) {
    json::Array pictures;
    for (std::size_t at = 0; at < cards.size();) {
        auto const& first = cards[at];
        json::Array picks;
        for (; at < cards.size() && cards[at].key == first.key; ++at) {
            json::Array actions;
            for (auto const& action : cards[at].actions) actions.emplace_back(action);
            json::Value pick;
            pick.set("least", cards[at].count.least);
            pick.set("most", cards[at].count.most);
            pick.set("actions", std::move(actions));
            picks.push_back(std::move(pick));
        }
        json::Value picture;
        picture.set("key", first.key);
        picture.set("grid", first.is_grid);
        picture.set("picks", std::move(picks));
        pictures.push_back(std::move(picture));
    }
    return pictures;
}

std::string head_json(GalleryHead const& head) {
    json::Array jobs;
    for (auto const& job : head.jobs) jobs.emplace_back(job);
    json::Value value;
    value.set("name", head.name);
    value.set("directory", head.directory);
    value.set("base", url_of_path(head.base));
    value.set("currency", head.currency);
    value.set("jobs", std::move(jobs));
    value.set("at", format_rfc3339(head.at));
    value.set("running", head.is_running);
    value.set("live", head.is_live);
    value.set("served", head.is_served);
    auto picks = json::read(head.picks, {.bytes = jobs::picks_bytes_max, .values = 5'000'000});
    value.set("picks", picks.has_value() ? std::move(*picks) : json::Value());
    value.set("picking", head.is_for_picks);
    value.set("waiting", head.choices.waiting);
    value.set("choices", choices_json(head.choices.cards));
    return json_in_html(json::write(value));
}

/// Returns the text with each `{{name}}` replaced; names without a value stay.
std::string filled(std::string_view text,
                   std::initializer_list<std::pair<std::string_view, std::string>> values) {
    std::string out;
    while (true) {
        auto const open = text.find("{{");
        auto const close = text.find("}}", open);
        out += text.substr(0, open);
        if (close == std::string_view::npos) return out;
        auto const name = text.substr(open + 2, close - open - 2);
        for (auto const& [key, value] : values)
            if (key == name) out += value;
        text.remove_prefix(close + 2);
    }
}

constexpr std::string_view place_of_data = "<!-- data -->";

std::string_view before_data() {
    auto const page = gallery_skeleton();
    return page.substr(0, page.find(place_of_data));
}

std::string_view after_data() {
    auto const page = gallery_skeleton();
    return page.substr(page.find(place_of_data) + place_of_data.size());
}

} // namespace

Result<> GalleryPage::begin(GalleryHead const& head) {
    is_live_ = head.is_live;
    return sink_(filled(before_data(), {{"policy", policy(head.is_live)},
                                        {"title", html_escaped(head.name)},
                                        {"style", std::string(style_for(head.is_live))},
                                        {"head", head_json(head)}}));
}

Result<> GalleryPage::add(engine::ManifestRow const& row, CardState state,
                          std::optional<std::uint32_t> colour) {
    data_.add(row, state, colour);
    return data_.is_full() ? flush() : Result<>();
}

Result<> GalleryPage::add(engine::FailedRow const& row, CardState state) {
    data_.add(row, state);
    return data_.is_full() ? flush() : Result<>();
}

Result<> GalleryPage::flush() {
    return sink_(fmt::format("<script type=\"application/json\" class=\"rows\">{}</script>\n",
                             json_in_html(data_.take())));
}

Result<> GalleryPage::end() {
    if (data_.rows() > 0) TRY(flush());
    return sink_(filled(after_data(), {{"script", std::string(script_for(is_live_))}}));
}

} // namespace darkroom::report
