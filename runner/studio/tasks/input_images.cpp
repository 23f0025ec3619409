#include "runner/studio/tasks/input_images.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/studio/paint/samples.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

asio::ssl::context client_context(std::string const& ca_file) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_default_verify_paths();
    if (!ca_file.empty()) context.load_verify_file(ca_file);
    return context;
}

/// Returns a link as it is shown in an error text.
std::string shown(std::string const& link) {
    constexpr std::size_t most = 300;
    return link.size() <= most ? link : link.substr(0, most) + "…";
}

ApiError unusable(std::string const& link, std::string const& why) {
    return bad_request(fmt::format("image {} cannot be used: {}", shown(link), why));
}

int digit_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62; // both alphabets of RFC 4648
    return c == '/' || c == '_' ? 63 : -1;
}

} // namespace

std::optional<std::string> from_base64(std::string_view text) {
    auto const end = text.find_last_not_of('=');
    text = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    unsigned bits = 0;
    int held = 0;
    for (char const c : text) {
        auto const digit = digit_of(c);
        if (digit < 0) return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
    if (held == 6) return std::nullopt; // a single digit is not a byte
    return bytes;
}

InputImages::InputImages(ServerState& state, RenderCache& renders)
    : state_(state), renders_(renders), tls_(client_context(state.options.ca_file)) {}

asio::awaitable<Checked<std::string>> InputImages::bytes_of(std::string link) {
    if (auto const sample = sample_of_link(link)) {
        auto const picture = sample_picture(*sample);
        if (!picture)
            co_return unusable(
                link, fmt::format("no such sample{}", did_you_mean(*sample, sample_names())));
        RenderRequest wanted;
        wanted.key = "sample " + std::string(*sample);
        wanted.picture = *picture;
        wanted.size = sample_size;
        auto const painted = co_await renders_.get(std::move(wanted));
        co_return *painted;
    }
    if (!state_.options.fetch_inputs)
        co_return unusable(link, "this service does not fetch images");
    GetSetup setup{state_.clock, tls_, GetLimits()};
    auto fetched = co_await http_get(link, setup);
    if (!fetched) co_return unusable(link, fetched.error().detail);
    co_return std::move(*fetched);
}

asio::awaitable<Checked<std::vector<Palette>>>
InputImages::palettes(std::vector<std::string> links) {
    std::vector<Palette> palettes;
    for (auto const& link : links) {
        auto bytes = co_await bytes_of(link);
        if (!bytes) co_return bytes.error();
        auto const shared = std::make_shared<std::string const>(std::move(*bytes));
        auto const seen = std::make_shared<Result<Palette>>();
        std::function<void()> work = [shared, seen] { *seen = palette_of(*shared); };
        co_await renders_.run(std::move(work));
        if (!*seen) co_return unusable(link, seen->error().message());
        palettes.push_back(std::move(**seen));
    }
    co_return palettes;
}

asio::awaitable<Checked<std::string>> InputImages::bytes_given(std::string key, std::string given) {
    if (has_web_scheme(given)) {
        auto fetched = co_await bytes_of(std::move(given));
        co_return fetched;
    }
    auto const comma = given.starts_with("data:") ? given.find(',') + 1 : 0;
    auto decoded = from_base64(std::string_view(given).substr(comma));
    if (!decoded) co_return bad_request(fmt::format("'{}' is neither a link nor base64", key));
    co_return std::move(*decoded);
}

asio::awaitable<Checked<std::optional<Mask>>> InputImages::mask(std::string given) {
    if (given.empty()) co_return std::optional<Mask>();
    auto bytes = co_await bytes_given("mask", std::move(given));
    if (!bytes) co_return bytes.error();
    auto const shared = std::make_shared<std::string const>(std::move(*bytes));
    auto const seen = std::make_shared<Result<Mask>>();
    std::function<void()> work = [shared, seen] { *seen = mask_of(*shared); };
    co_await renders_.run(std::move(work));
    if (!*seen) co_return bad_request("'mask' cannot be used: " + seen->error().message());
    co_return std::optional<Mask>(std::move(**seen));
}

asio::awaitable<Checked<ImageTraits>> InputImages::traits(std::string key, FileBytes bytes) {
    auto const seen = std::make_shared<Result<ImageTraits>>();
    std::function<void()> work = [bytes, seen] { *seen = traits_of(*bytes); };
    co_await renders_.run(std::move(work));
    if (!*seen)
        co_return bad_request(fmt::format("'{}' cannot be used: {}", key, seen->error().message()));
    co_return std::move(**seen);
}

asio::awaitable<Checked<ImageTraits>> InputImages::inspect(std::string key, std::string given) {
    auto bytes = co_await bytes_given(key, std::move(given));
    if (!bytes) co_return bytes.error();
    auto const shared = std::make_shared<std::string const>(std::move(*bytes));
    auto found = co_await traits(std::move(key), shared);
    co_return found;
}

asio::awaitable<Checked<InputImages::Kept>> InputImages::keep(std::string key, std::string given) {
    if (given.empty()) co_return Kept();
    auto bytes = co_await bytes_given(key, std::move(given));
    if (!bytes) co_return bytes.error();
    auto const shared = std::make_shared<std::string const>(std::move(*bytes));
    auto found = co_await traits(std::move(key), shared);
    if (!found) co_return found.error();
    auto name = state_.inputs.put(*shared);
    if (!name) co_return ApiError{500, "api_error", name.error().message()};
    Kept kept;
    kept.name = std::move(*name);
    kept.traits = std::move(*found);
    co_return kept;
}

} // namespace darkroom::studio
