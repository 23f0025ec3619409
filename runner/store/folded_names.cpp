#include "runner/store/folded_names.hpp"

#include "runner/base/normal_text.hpp"
#include "runner/base/text.hpp"
#include "runner/store/directory.hpp"

#include <algorithm>
#include <functional>

namespace darkroom::store {

namespace {

/// Gives the names in a directory; none when it cannot be read, as then no file is made there.
void for_each_name_in(std::string const& path, std::function<void(std::string_view)> const& take) {
    auto const directory = Directory::open(path);
    if (directory.has_value()) (void)directory->for_each_name(take);
}

std::string joined_way(std::string const& way, std::string_view name) {
    return way.empty() ? std::string(name) : way + '/' + std::string(name);
}

/// Returns true if one of the ascending pairs has this first half and another second half.
template <class Pairs, class Pair>
bool has_another(Pairs const& pairs, Pair const& sought) {
    auto at = std::lower_bound(pairs.begin(), pairs.end(), Pair(sought.first, 0));
    for (; at != pairs.end() && at->first == sought.first; ++at) {
        if (at->second != sought.second) return true;
    }
    return false;
}

} // namespace

FoldedNames::Hashes FoldedNames::hashes_of(std::string const& folded, std::string const& name) {
    return {std::hash<std::string>()(folded), std::hash<std::string>()(name)};
}

bool FoldedNames::has_other(std::string const& name) {
    auto const folded = folded_name(name);
    read(split_path(folded).directory);
    if (folded != name && exists(root_ + "/" + folded)) return true;
    auto const hashes = hashes_of(folded, name);
    return has_another(read_, hashes) || has_another(added_, hashes);
}

void FoldedNames::add(std::string const& name) {
    auto const folded = folded_name(name);
    if (folded != name) added_.insert(hashes_of(folded, name));
}

void FoldedNames::forget(std::string const& name) {
    added_.erase(hashes_of(folded_name(name), name));
}

/// Reads every directory whose way differs from this one only in case or form.
void FoldedNames::read(std::string const& folded_way) {
    if (!ways_.insert(folded_way).second) return;
    std::vector<std::string> ways{""};
    auto const parts =
        folded_way.empty() ? std::vector<std::string_view>() : split(folded_way, '/');
    for (auto const part : parts) {
        std::vector<std::string> next;
        for (auto const& way : ways) {
            for_each_name_in(root_ + "/" + way, [&](std::string_view name) {
                if (folded_name(name) == part) next.push_back(joined_way(way, name));
            });
        }
        ways = std::move(next);
    }
    for (auto const& way : ways) read_names(way);
    std::sort(read_.begin(), read_.end());
}

void FoldedNames::read_names(std::string const& way) {
    for_each_name_in(root_ + "/" + way, [&](std::string_view name) {
        auto const whole = joined_way(way, name);
        auto const folded = folded_name(whole);
        if (folded != whole) read_.push_back(hashes_of(folded, whole));
    });
}

} // namespace darkroom::store
