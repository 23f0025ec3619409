// The options of the built-in service, set by `darkroom serve` and `service: {url: local}`.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/http/server.hpp"
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/tasks/accounts.hpp"
#include "runner/studio/tasks/allowances.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::studio {

using http::ListenAddress;
using http::TlsFiles;

/// The format of clips. `best`: MP4 where an ffmpeg can make it, else animated WebP.
enum class ClipFormat { best, webp, mp4 };

/// The defaults suit `service: {url: local}`, except `open` and `latency`.
struct ServerOptions {
    ListenAddress listen;
    /// Set: HTTPS. Not set: plain HTTP.
    std::optional<TlsFiles> tls;
    /// Further names and addresses under which it is reached. A request for another host than
    /// these, the listen address and this machine's own names is refused, as a page may have made
    /// it.
    std::vector<std::string> hosts;
    /// The beginning of links in answers: "https://studio.example:8443". Empty: Server::url().
    std::string public_url;

    /// Accepted bearer tokens without limits. Without these and `token_rules` any is accepted, but
    /// the header is required, as at the real service.
    std::vector<std::string> tokens;
    /// Accepted bearer tokens with allowances.
    std::vector<TokenRule> token_rules;
    /// No token is required, and the header is ignored (`local`).
    bool open = false;
    /// Generations running at once, over all tokens; more get 429. 0: no limit.
    std::size_t running_max = 0;

    /// The upstream accounts. Empty: one account without limits.
    std::vector<AccountRule> accounts;
    /// Tasks that may wait for an account; more get 429.
    std::size_t queue_max = 1000;
    /// Hosts that callbacks may go to, `*` for any characters. Empty: this machine only.
    std::vector<std::string> callback_allow;
    /// Web pages of any origin may use the API and the files, but not the service's own paths.
    bool cors = false;

    /// Duration of a generation; docs/service.md has those of other tasks. Zero: no time.
    Duration latency = std::chrono::seconds(2);
    /// Raw side of a square grid in pixels, 64 to 8192; a single is half of it.
    int image_size = 2048;
    ClipFormat clips = ClipFormat::best;
    /// Makes the pictures. The same seed and the same requests in order give the same pictures.
    std::uint64_t seed = 1;
    /// Makes task, trace and image ids; not set: different in every process, so that a resumed
    /// run never takes a task of a new service for one of the old.
    std::optional<std::uint64_t> id_seed;
    /// Links carry `ex=` and are refused (403) after that time; /tasks gives fresh ones. Zero: they
    /// never expire.
    Duration link_life = Duration::zero();
    /// /tasks shows the preview of a running task. Off, as clients take it for the result.
    bool previews_in_tasks = false;

    /// More CAs (PEM) for fetching input images over HTTPS; the system's are always trusted.
    std::string ca_file;
    /// Input images may be fetched; `samples.darkroom.invalid` always works.
    bool fetch_inputs = true;

    /// Failures on purpose.
    FaultScript faults;
    /// Serve /__service/… They show all prompts, and need a token where one is set; changes only
    /// from loopback.
    bool service_paths = true;

    /// Receives messages for the operator of the service, a sentence each. May be null.
    std::function<void(std::string const&)> notify;

    /// Threads that paint; 0: one a processor.
    unsigned paint_threads = 0;
    /// Painted files kept in memory.
    std::size_t cache_bytes = 128u << 20;
    std::size_t connections_max = 20'000; ///< More wait in the backlog.
    std::size_t tasks_kept = 200'000;     ///< Older finished tasks are forgotten, links and all.
};

} // namespace darkroom::studio
