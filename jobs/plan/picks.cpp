#include "jobs/plan/picks.hpp"

#include "runner/base/json.hpp"

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

} // namespace

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
    if (all == nullptr || !all->is_object()) return no_picks("'picks' is not an object");
    Picks picks;
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
    return text + "\n}}\n";
}

} // namespace darkroom::jobs
