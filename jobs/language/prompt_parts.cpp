#include "jobs/language/prompt_parts.hpp"

#include <algorithm>
#include <set>

namespace darkroom::jobs {

void TextSequence::add(TextPart part) {
    auto bytes = part.choice ? part.choice->longest : part.text.size();
    if (part.styled) bytes = plus(part.styled->style.longest, part.styled->subject.longest);
    if (part.kind != TextPart::Kind::variable) longest = plus(longest, bytes);
    if (part.choice) count = times(count, part.choice->count);
    if (part.styled) count = times(count, part.styled->count());
    parts.push_back(std::move(part));
}

namespace {

/// Returns the ways of every suffix of the options, `most` + 1 numbers each: an option is taken or
/// not.
std::vector<std::uint64_t> ways_of(std::vector<Option> const& options, std::size_t most) {
    auto const width = most + 1;
    std::vector<std::uint64_t> ways((options.size() + 1) * width, 0);
    ways[options.size() * width] = 1;
    for (auto i = options.size(); i-- > 0;) {
        auto const here = i * width;
        auto const after = here + width;
        ways[here] = 1;
        for (std::size_t size = 1; size <= most; ++size)
            ways[here + size] =
                plus(ways[after + size], times(options[i].text.count, ways[after + size - 1]));
    }
    return ways;
}

} // namespace

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
    ways = ways_of(options, most);
    count = 0;
    for (auto size = least; size <= most; ++size) count = plus(count, ways_from(0, size));
    longest = times(plus(bytes, separator.size()), most);
}

void collect_uses(TextSequence const& sequence, std::vector<VariableUse>& found) {
    for (auto const& part : sequence.parts) {
        if (part.kind == TextPart::Kind::variable)
            found.push_back({part.text, part.offset, part.fallback.has_value()});
        if (part.styled) {
            collect_uses(part.styled->style, found);
            collect_uses(part.styled->subject, found);
        }
        if (!part.choice) continue;
        for (auto use : part.choice->uses) {
            if (part.is_wildcard()) use.offset = part.offset;
            found.push_back(std::move(use));
        }
    }
}

} // namespace darkroom::jobs
