// The kinds of job that the service can begin with, and the keys that each takes.
#pragma once

#include "jobs/services/service_model.hpp"

#include <array>

namespace darkroom::jobs::midjourney {

inline constexpr std::array<std::string_view, 19> imagine_keys{
    "prompt",   "prefix",  "suffix",       "images",   "params",  "action",
    "image_id", "then",    "chain",        "download", "mode",    "translation",
    "mask",     "version", "split_images", "hd",       "quality", "style_reference",
    "moodboard"};
inline constexpr std::array<std::string_view, 11> edit_keys{
    "images", "prompt", "prefix",       "suffix",   "params", "mask",
    "mode",   "then",   "split_images", "download", "chain"};
inline constexpr std::array<std::string_view, 10> video_keys{
    "images", "prompt",     "prefix", "suffix",        "params",
    "mode",   "resolution", "loop",   "end_image_url", "download"};
inline constexpr std::array<std::string_view, 1> describe_keys{"images"};
inline constexpr std::array<std::string_view, 1> text_keys{"prompt"};

inline constexpr std::array<JobKind, 6> kinds{{
    {"imagine", "generate", imagine_keys, true, false},
    {"edit", "edit", edit_keys, true, true},
    {"video", "video", video_keys, false, true},
    {"describe", "describe", describe_keys, false, true},
    {"shorten", "shorten", text_keys, true, false},
    {"translate", "translate", text_keys, true, false},
}};

} // namespace darkroom::jobs::midjourney
