// Names of image files, and the links that lead to them.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/http/exchange.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/tasks/task.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::studio {

enum class FileKind { raw, tile, preview, clip, movie };

/// The parts of a file's name: `ID.png`, `ID_0.png` to `ID_3.png`, `ID_p31.webp`,
/// `ID_v0.webp` to `ID_v3.webp` for a clip, or with `.mp4` for a movie.
struct FileName {
    std::string task_id;
    FileKind kind = FileKind::raw;
    int number = 0; ///< Tile, clip or movie 0 to 3, or a preview's progress.
};
std::string to_text(FileName const& name);
std::optional<FileName> read_file_name(std::string_view text);

/// The rules for making and checking links.
struct LinkPolicy {
    std::string base_url;             ///< Without a slash at the end.
    Duration life = Duration::zero(); ///< Zero: they never expire.
    std::uint64_t secret = 0;         ///< Part of the signature of links that expire.
};

/// Returns the raw link of a file. A link that expires looks like the article's:
/// `?ex=…&is=…&hm=…&`, with hex Unix seconds.
std::string raw_link(LinkPolicy const& policy, Task const& task, FileName const& name,
                     WallTime now);
/// Returns the link of the half-size version of the file that `raw` leads to.
std::string thumbnail_link(std::string raw);

/// Returns nothing while the link of this request is valid, else the error to answer with.
std::optional<ApiError> dead_link(LinkPolicy const& policy, Task const& task,
                                  http::Request const& request, WallTime now);

} // namespace darkroom::studio
