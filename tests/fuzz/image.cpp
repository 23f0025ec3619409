// An image: the check does not depend on the pieces, an image without its last byte is not whole,
// and bytes behind its end are counted.
#include "runner/store/image_check.hpp"
#include "tests/fuzz/png_sums.hpp"
#include "tests/fuzz/support.hpp"

#include <fmt/format.h>
#include <optional>

using namespace darkroom;
using namespace darkroom::fuzz;

namespace {

/// Returns "png 640x480", or the error.
std::string verdict(std::vector<std::string_view> const& pieces) {
    store::ImageCheck check;
    for (auto const piece : pieces) {
        if (auto const fed = check.feed(piece); !fed) return shown(fed.error());
    }
    auto const facts = check.finish();
    if (!facts) return shown(facts.error());
    require(facts->width > 0 && facts->height > 0, "a whole image has a size");
    return fmt::format("{} {}x{}", facts->format, facts->width, facts->height);
}

std::optional<store::ImageFacts> facts_of(std::string_view bytes) {
    store::ImageCheck check;
    if (!check.feed(bytes)) return std::nullopt;
    auto const facts = check.finish();
    return facts ? std::optional(*facts) : std::nullopt;
}

void check(std::string const& bytes) {
    auto const whole = verdict({bytes});
    require(verdict(cut(bytes)) == whole, "an image is the same wherever it is cut");
    require(verdict(cut_everywhere(bytes)) == whole, "an image is the same byte by byte");
    auto const facts = facts_of(bytes);
    if (!facts) return;
    auto const shorter = facts_of(std::string_view(bytes).substr(0, bytes.size() - 1));
    require(!shorter || shorter->trailing + 1 == facts->trailing, "its end is missing");
    auto const longer = facts_of(bytes + '\0');
    require(!longer || longer->trailing == facts->trailing + 1, "a byte more is counted");
    auto const twice = facts_of(bytes + bytes);
    require(!twice || twice->trailing == facts->trailing + bytes.size(), "twice is once and more");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const bytes(text_of(data, size));
    check(bytes);
    if (bytes.starts_with("\x89PNG")) check(with_right_sums(bytes));
    return 0;
}
