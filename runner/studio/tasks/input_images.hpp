// The images a prompt begins with: fetched, and seen as palettes.
#pragma once

#include "runner/studio/http/client.hpp"
#include "runner/studio/paint/describe.hpp"
#include "runner/studio/tasks/render_cache.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <string>
#include <vector>

namespace darkroom::studio {

/// Fetches for one server. Must outlive its calls.
class InputImages {
public:
    /// Uses the system's CAs, and `options.ca_file` if set. Errors: throws system_error when that
    /// file can't be used; Server::listen() reports it.
    InputImages(ServerState& state, RenderCache& renders);

    /// Palettes in the order of the links; a link to samples.darkroom.invalid needs no network.
    /// Errors: 400 bad_request naming the link. Cancel: terminal.
    boost::asio::awaitable<Checked<std::vector<Palette>>> palettes(std::vector<std::string> links);
    /// A mask given as a link or as base64 (also as a data: URL); nothing for an empty text.
    /// Errors: 400 bad_request.
    boost::asio::awaitable<Checked<std::optional<Mask>>> mask(std::string given);

    /// An image as it is kept for an edit or a clip.
    struct Kept {
        std::string name; ///< In the InputStore; empty for an empty text.
        ImageTraits traits;
    };
    /// An image by its link, or by base64 when `given` is no link. `key` names it in errors.
    /// Errors: 400 bad_request. Cancel: terminal.
    boost::asio::awaitable<Checked<Kept>> keep(std::string key, std::string given);
    /// The same without keeping it: only what can be said of it.
    boost::asio::awaitable<Checked<ImageTraits>> inspect(std::string key, std::string given);

    /// For the calls back, which trust the same CAs.
    boost::asio::ssl::context& tls() { return tls_; }

private:
    boost::asio::awaitable<Checked<std::string>> bytes_of(std::string link);
    boost::asio::awaitable<Checked<std::string>> bytes_given(std::string key, std::string given);
    boost::asio::awaitable<Checked<ImageTraits>> traits(std::string key, FileBytes bytes);

    ServerState& state_;
    RenderCache& renders_;
    boost::asio::ssl::context tls_;
};

/// The bytes of base64 text, with or without padding; nothing when it is none.
std::optional<std::string> from_base64(std::string_view text);

} // namespace darkroom::studio
