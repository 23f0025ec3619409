// The endpoints of the service and the request fields that each takes.
// Source: the service's published endpoints; field names are their own.
#pragma once

#include "jobs/services/service_model.hpp"

#include <array>

namespace darkroom::jobs::midjourney {

using Takes = RequestField::Takes;

inline constexpr std::array<std::string_view, 3> modes{"fast", "relax", "turbo"};
inline constexpr std::array<std::string_view, 2> resolutions{"480p", "720p"};
inline constexpr std::array<std::string_view, 5> qualities{".25", ".5", "1", "2", "4"};

/// `prompt`, `action` and the image have rules of their own and are read where they belong.
inline constexpr std::array<RequestField, 12> fields{{
    {"mode", Takes::word, modes},
    {"translation", Takes::flag},
    {"split_images", Takes::flag},
    {"mask", Takes::picture},
    {"version", Takes::text},
    {"hd", Takes::flag},
    {"quality", Takes::word, qualities},
    {"style_reference", Takes::flag},
    {"moodboard", Takes::flag},
    {"resolution", Takes::word, resolutions},
    {"loop", Takes::flag},
    {"end_image_url", Takes::address},
}};

inline constexpr std::array<std::string_view, 9> imagine_fields{
    "mode", "translation", "split_images",    "mask",     "version",
    "hd",   "quality",     "style_reference", "moodboard"};
inline constexpr std::array<std::string_view, 4> video_fields{"mode", "resolution", "loop",
                                                              "end_image_url"};
inline constexpr std::array<RefusedValue, 1> video_refuses{
    {{"mode", "relax", "a video is made 'fast' or 'turbo', not 'relax'"}}};

/// Members: path, action, action_in, image, source, prompt, text, image_by_link, fields, refuses.
inline constexpr std::array<Endpoint, 7> endpoints{{
    {"/midjourney/imagine", "", "action", "image_id", "", "prompt", "", false, imagine_fields},
    {"/midjourney/edits", "edit", "", "", "image_url", "prompt", "", false, imagine_fields},
    {"/midjourney/videos", "video", "", "image_url", "image_url", "prompt", "", true, video_fields,
     video_refuses},
    {"/midjourney/describe", "describe", "", "image_url", "image_url", "", "descriptions", true},
    {"/midjourney/translate", "translate", "", "", "image_url", "content", "content"},
    {"/midjourney/shorten", "shorten", "", "", "image_url", "prompt", "prompts"},
    {"/midjourney/seed", "seed", "", "image_id", "image_url", "", "seed"},
}};

/// The default of each member that has one; the default of a flag is false.
inline constexpr std::array<Identity::Default, 4> defaults{
    {{"action", "generate"}, {"mode", "fast"}, {"quality", "1"}, {"resolution", "720p"}}};
inline constexpr std::array<std::string_view, 4> input_members{"image_url", "end_image_url",
                                                               "video_id", "video_index"};
inline constexpr std::array<std::string_view, 3> delivery_members{"async", "callback_url",
                                                                  "timeout"};
/// Members the service declares as strings; a writer may have left the quotes off.
inline constexpr std::array<std::string_view, 4> text_members{"image_id", "video_id", "version",
                                                              "quality"};

} // namespace darkroom::jobs::midjourney
