#include "runner/provider/held_images.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/sha256.hpp"

#include <algorithm>

namespace darkroom::provider {

namespace {

constexpr std::string_view link_start = "answer:";
constexpr std::string_view data_start = "data:";
constexpr std::string_view data_mark = ";base64,";

/// Returns the bytes of "data:image/png;base64,…"; nothing for any other address.
std::optional<std::string> bytes_in(std::string_view url) {
    if (!url.starts_with(data_start)) return std::nullopt;
    auto const mark = url.find(data_mark);
    if (mark == url.npos) return std::nullopt;
    return from_base64(url.substr(mark + data_mark.size()));
}

} // namespace

bool HeldImages::is_link(std::string_view url) { return url.starts_with(link_start); }

void HeldImages::take_from(engine::Answer& answer) {
    take(answer.url);
    for (auto& url : answer.sub_urls) take(url);
}

void HeldImages::take(std::string& url) {
    auto bytes = bytes_in(url);
    if (!bytes) return;
    url = std::string(link_start) + to_hex(sha256(*bytes));
    bytes_ += bytes->size();
    images_.emplace_back(url, std::move(*bytes));
    while (bytes_ > most_ && images_.size() > 1) drop(images_.begin());
}

Result<bool> HeldImages::write(std::string_view link, ByteSink& into) {
    auto const image = find(link);
    if (image == images_.end()) return false;
    BodyStart start;
    start.length = image->second.size();
    TRY(into.begin(start));
    TRY(into.write(image->second));
    drop(image);
    return true;
}

HeldImages::Images::iterator HeldImages::find(std::string_view link) {
    return std::find_if(images_.begin(), images_.end(),
                        [link](auto const& image) { return image.first == link; });
}

void HeldImages::drop(Images::iterator image) {
    bytes_ -= image->second.size();
    images_.erase(image);
}

} // namespace darkroom::provider
