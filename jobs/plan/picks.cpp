#include "jobs/plan/picks.hpp"

#include "runner/base/json.hpp"
#include "runner/base/safe_name.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// The longest name of an action that a job file can have.
constexpr std::size_t name_max = 64;

Error no_picks(std::string why) {
    return Error(make_error_code(boost::system::errc::invalid_argument), std::move(why));
}

bool is_name(json::Value const& value) {
    return value.is_string() && !value.text()->empty() && value.text()->size() <= name_max;
}

/// Reads what was said of pictures. A member that says nothing is left out.
void read_marks(json::Value const& images, Picks& picks) {
    constexpr std::size_t name_of_image_max = 80;
    if (!images.is_object()) return;
    for (auto const& [image, said] : *images.object()) {
        ImageMark mark;
        mark.is_picked = said.boolean("picked").value_or(false);
        mark.stars =
            static_cast<int>(std::clamp<std::int64_t>(said.integer("stars").value_or(0), 0, 5));
        if (auto const* note = said.find("note"); note != nullptr && note->is_string())
            mark.note = cut_text(*note->string(), pick_note_bytes_max);
        bool const is_kept = image.size() <= name_of_image_max && !mark.says_nothing();
        if (is_kept) picks.marks[image] = std::move(mark);
    }
}

std::string text_of_mark(ImageMark const& mark) {
    json::Value value;
    if (mark.is_picked) value.set("picked", true);
    if (mark.stars > 0) value.set("stars", mark.stars);
    if (!mark.note.empty()) value.set("note", mark.note);
    return json::write(value);
}

} // namespace

void Picks::take(Picks newer) {
    newer.by_image.merge(by_image);
    by_image = std::move(newer.by_image);
    newer.marks.merge(marks);
    marks = std::move(newer.marks);
}

bool Picks::has_picked(std::string_view sha256, Digest const& step, int tile) const {
    if (marks.empty()) return false;
    auto mark = marks.find(sha256);
    if (mark == marks.end()) mark = marks.find(fmt::format("{}/{}", to_hex(step), tile));
    return mark != marks.end() && mark->second.is_picked;
}

bool Picks::has(Digest const& image, std::string_view action) const {
    auto const found = by_image.find(image);
    if (found == by_image.end()) return false;
    return std::find(found->second.begin(), found->second.end(), action) != found->second.end();
}

Result<Picks> read_picks(std::string_view text) {
    json::ReadLimits limits;
    limits.bytes = picks_bytes_max;
    limits.values = 5'000'000;
    TRY_ASSIGN(auto const value, json::read(text, limits));
    if (value.integer("version") != 1)
        return no_picks("no picks, or those of a newer program: 'version' is not 1");
    auto const* all = value.find("picks");
    auto const* images = value.find("images");
    Picks picks;
    if (images != nullptr) read_marks(*images, picks);
    if (all == nullptr && images != nullptr) return picks;
    if (all == nullptr || !all->is_object()) return no_picks("'picks' is not an object");
    for (auto const& [image, actions] : *all->object()) {
        Digest key{};
        if (!from_hex(image, key))
            return no_picks(fmt::format("'{}' in 'picks' is no key: it has 64 hex digits",
                                        image.substr(0, 2 * key.size())));
        auto const* names = actions.array();
        if (names == nullptr || !std::all_of(names->begin(), names->end(), is_name))
            return no_picks(fmt::format("the picks of {} are no list of actions", image));
        auto& picked = picks.by_image[key];
        for (auto const& name : *names) picked.push_back(*name.text());
    }
    return picks;
}

std::string write_picks(Picks const& picks) {
    std::string text = "{\"version\":1,\"picks\":{";
    std::string_view before = "\n";
    for (auto const& [image, actions] : picks.by_image) {
        if (actions.empty()) continue;
        json::Array names;
        for (auto const& action : actions) names.emplace_back(action);
        text += fmt::format("{}\"{}\":{}", before, to_hex(image), json::write(std::move(names)));
        before = ",\n";
    }
    text += "\n}";
    before = ",\"images\":{\n";
    for (auto const& [image, mark] : picks.marks) {
        if (mark.says_nothing()) continue;
        text += fmt::format("{}{}:{}", before, json::write(image), text_of_mark(mark));
        before = ",\n";
    }
    if (before == ",\n") text += "\n}";
    return text + "}\n";
}

} // namespace darkroom::jobs
