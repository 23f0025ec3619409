// Names of image files, and the links that lead to them.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/http/exchange.hpp"
#include "runner/studio/tasks/task.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::studio {

enum class FileKind { raw, tile, preview, clip, movie };

/// What a file's name says: `ID.png`, `ID_0.png` to `ID_3.png`, `ID_p31.webp`,
/// `ID_v0.webp` to `ID_v3.webp` for a clip, or with `.mp4` for a movie.
struct FileName {
    std::string task_id;
    FileKind kind = FileKind::raw;
    int number = 0; ///< Tile, clip or movie 0 to 3, or a preview's progress.
};
std::string to_text(FileName const& name);
std::optional<FileName> read_file_name(std::string_view text);

/// How links are made and checked.
struct LinkPolicy {
    std::string base_url;             ///< Without a slash at the end.
    Duration life = Duration::zero(); ///< Zero: no end.
    std::uint64_t secret = 0;         ///< Goes into the signature of links that end.
};

/// The raw link of a file. One that ends looks like the article's: `?ex=…&is=…&hm=…&`, with hex
/// Unix seconds.
std::string raw_link(LinkPolicy const& policy, Task const& task, FileName const& name,
                     WallTime now);
/// The link of the half-size version of what `raw` leads to.
std::string thumbnail_link(std::string raw);

/// Nothing if the link of this request is alive, else how to refuse it.
std::optional<ApiError> dead_link(LinkPolicy const& policy, Task const& task,
                                  HttpRequest const& request, WallTime now);

} // namespace darkroom::studio
