// What `darkroom serve` and `service: {url: local}` can choose about the built-in service.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/tasks/accounts.hpp"
#include "runner/studio/tasks/allowances.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::studio {

/// Where to listen. The host is an address ("127.0.0.1", "::1", "0.0.0.0") or "localhost".
struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any free one, see Server::port().
};

/// PEM files; the certificate file may hold the whole chain, the server's own first.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

/// What clips are. `best`: MP4 where an ffmpeg can make it, else animated WebP.
enum class ClipFormat { best, webp, mp4 };

/// The defaults suit `service: {url: local}`, except `open` and `latency`.
struct ServerOptions {
    ListenAddress listen;
    /// Set: HTTPS. Not set: plain HTTP.
    std::optional<TlsFiles> tls;
    /// "https://studio.example:8443": how links in answers begin. Empty: Server::url().
    std::string public_url;

    /// Accepted bearer tokens without limits. Neither these nor `token_rules`: any is accepted, but
    /// the header must be there, as at the real service.
    std::vector<std::string> tokens;
    /// Accepted bearer tokens with allowances.
    std::vector<TokenRule> token_rules;
    /// No token is asked for at all, and one that is sent is not looked at (`local`).
    bool open = false;
    /// Generations running at once, over all tokens; more get 429. 0: no limit.
    std::size_t running_max = 0;

    /// Who draws. Empty: one account without limits.
    std::vector<AccountRule> accounts;
    /// Tasks that may wait for an account; more get 429.
    std::size_t queue_max = 1000;
    /// Hosts that callbacks may go to, `*` for any run of characters. Empty: everywhere.
    std::vector<std::string> callback_allow;

    /// How long a generation takes; docs/service.md tells the others. Zero: at once.
    Duration latency = std::chrono::seconds(2);
    /// Raw side of a square grid in pixels, 64 to 8192; a single is half of it.
    int image_size = 2048;
    ClipFormat clips = ClipFormat::best;
    /// Makes the pictures. The same seed and the same requests in order give the same pictures.
    std::uint64_t seed = 1;
    /// Makes task, trace and image ids; not set: different in every process, so that a resumed
    /// run never takes a task of a new service for one of the old.
    std::optional<std::uint64_t> id_seed;
    /// Links carry `ex=` and are refused (403) after that time; /tasks gives fresh ones. Zero: no
    /// end.
    Duration link_life = Duration::zero();
    /// /tasks shows the preview of a running task. Off, as clients take it for the result.
    bool previews_in_tasks = false;

    /// More CAs (PEM) for fetching input images over HTTPS; the system's are always trusted.
    std::string ca_file;
    /// Whether input images may be fetched at all; `samples.darkroom.invalid` always works.
    bool fetch_inputs = true;

    /// What goes wrong on purpose.
    FaultScript faults;
    /// Serve /__service/… They need no token and show all prompts; changes only from loopback.
    bool service_paths = true;

    /// Told what whoever runs the service should know, a sentence each. Null: nobody.
    std::function<void(std::string const&)> tell;

    /// Threads that paint; 0: one a processor.
    unsigned paint_threads = 0;
    /// Painted files kept in memory.
    std::size_t cache_bytes = 128u << 20;
    std::size_t connections_max = 20'000; ///< More wait in the backlog.
    std::size_t tasks_kept = 200'000;     ///< Older finished tasks are forgotten, links and all.
};

} // namespace darkroom::studio
