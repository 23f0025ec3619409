#include "jobs/language/prompt_parts.hpp"

#include <algorithm>
#include <set>

namespace darkroom::jobs {

void TextSequence::add(TextPart part) {
    auto const bytes = part.choice ? part.choice->longest : part.text.size();
    if (part.kind != TextPart::Kind::variable) longest = plus(longest, bytes);
    if (part.choice) count = times(count, part.choice->count);
    parts.push_back(std::move(part));
}

std::vector<std::uint64_t> ways_from(Choice const& choice, std::size_t first, std::size_t most) {
    std::vector<std::uint64_t> ways(most + 1, 0);
    ways[0] = 1;
    // Each option is taken or not; the larger sizes first, so that none is taken twice.
    for (auto i = first; i < choice.options.size(); ++i) {
        auto const texts = choice.options[i].text.count;
        for (auto size = most; size > 0; --size)
            ways[size] = plus(ways[size], times(texts, ways[size - 1]));
    }
    return ways;
}

void Choice::close() {
    std::uint64_t texts = 0;
    std::uint64_t weights = 0;
    std::uint64_t bytes = 0;
    for (auto& option : options) {
        option.before = texts;
        option.weight_before = weights;
        texts = plus(texts, option.text.count);
        weights += option.weight;
        bytes = std::max(bytes, option.text.longest);
        collect_uses(option.text, uses);
    }
    // A wildcard file in a wildcard file would otherwise multiply them.
    std::set<std::pair<std::string, bool>> names;
    std::erase_if(uses, [&names](VariableUse const& use) {
        return !names.emplace(use.name, use.has_default).second;
    });
    count = texts;
    longest = bytes;
    if (takes_one()) return;
    auto const ways = ways_from(*this, 0, most);
    count = 0;
    for (auto size = least; size <= most; ++size) count = plus(count, ways[size]);
    longest = times(plus(bytes, separator.size()), most);
}

void collect_uses(TextSequence const& sequence, std::vector<VariableUse>& found) {
    for (auto const& part : sequence.parts) {
        if (part.kind == TextPart::Kind::variable)
            found.push_back({part.text, part.offset, part.fallback.has_value()});
        if (!part.choice) continue;
        for (auto use : part.choice->uses) {
            if (part.is_wildcard()) use.offset = part.offset;
            found.push_back(std::move(use));
        }
    }
}

} // namespace darkroom::jobs
