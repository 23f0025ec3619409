// The input images of a request: fetched, and read as palettes, masks or traits.
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

/// Fetches the images of one server. Must outlive its calls.
class InputImages {
public:
    /// Uses the system's CAs, and `options.ca_file` if set. Errors: throws system_error when that
    /// file can't be used; Server::listen() reports it.
    InputImages(ServerState& state, RenderCache& renders);

    /// Returns palettes in the order of the links; a link to samples.darkroom.invalid needs no
    /// network. Errors: 400 bad_request naming the link. Cancel: terminal.
    boost::asio::awaitable<Checked<std::vector<Palette>>> palettes(std::vector<std::string> links);
    /// Returns a mask given as a link or as base64 (also as a data: URL); nothing for an empty
    /// text. Errors: 400 bad_request.
    boost::asio::awaitable<Checked<std::optional<Mask>>> mask(std::string given);

    /// An image that is kept for an edit or a clip.
    struct Kept {
        std::string name; ///< In the InputStore; empty for an empty text.
        ImageTraits traits;
    };
    /// Keeps an image given as a link, or else as base64. `key` names it in errors.
    /// Errors: 400 bad_request. Cancel: terminal.
    boost::asio::awaitable<Checked<Kept>> keep(std::string key, std::string given);
    /// Returns the traits of an image without keeping it.
    boost::asio::awaitable<Checked<ImageTraits>> inspect(std::string key, std::string given);

    /// Also used by the callbacks, which trust the same CAs.
    boost::asio::ssl::context& tls() { return tls_; }

private:
    boost::asio::awaitable<Checked<std::string>> bytes_of(std::string link);
    boost::asio::awaitable<Checked<std::string>> bytes_given(std::string key, std::string given);
    boost::asio::awaitable<Checked<ImageTraits>> traits(std::string key, FileBytes bytes);

    ServerState& state_;
    RenderCache& renders_;
    boost::asio::ssl::context tls_;
};

/// Decodes base64 text, with or without padding; returns nothing when it is not base64.
std::optional<std::string> from_base64(std::string_view text);

} // namespace darkroom::studio
