#include "jobs/plan/drawn_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace darkroom::jobs {

namespace {

template <class Number>
void pack(std::string& packed, Number number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    packed.append(bytes, sizeof number);
}

template <class Number>
Number unpack(std::string_view& packed) {
    Number number{};
    std::memcpy(&number, packed.data(), sizeof number);
    packed.remove_prefix(sizeof number);
    return number;
}

} // namespace

DrawnRows::DrawnRows(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {
    std::sort(numbers_.begin(), numbers_.end());
    numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
    offsets_.reserve(numbers_.size());
    heads_.reserve(numbers_.size());
}

std::uint32_t DrawnRows::name_number(std::string const& name) {
    auto const [place, is_new] =
        name_numbers_.emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return place->second;
}

void DrawnRows::offer(std::uint64_t number, Row const& row) {
    auto const kept = offsets_.size();
    if (kept == numbers_.size() || numbers_[kept] != number) return;
    offsets_.push_back(packed_.size());
    Row head = row;
    head.cells = Variables();
    heads_.push_back(std::move(head));
    pack(packed_, static_cast<std::uint32_t>(row.cells.size()));
    for (auto const& [name, value] : row.cells) {
        pack(packed_, name_number(name));
        pack(packed_, static_cast<std::uint32_t>(value.size()));
        packed_ += value;
    }
}

void DrawnRows::take(std::uint64_t number, Row& row) const {
    auto const found = std::lower_bound(numbers_.begin(), numbers_.end(), number);
    auto const index = static_cast<std::size_t>(found - numbers_.begin());
    assert(index < offsets_.size() && *found == number);
    auto rest = std::string_view(packed_).substr(offsets_[index]);
    auto cells = std::move(row.cells);
    row = heads_[index];
    row.cells = std::move(cells);
    row.cells.resize(unpack<std::uint32_t>(rest));
    for (auto& [name, value] : row.cells) {
        name = names_[unpack<std::uint32_t>(rest)];
        auto const size = unpack<std::uint32_t>(rest);
        value = rest.substr(0, size);
        rest.remove_prefix(size);
    }
}

} // namespace darkroom::jobs
